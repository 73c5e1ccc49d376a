// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* kTurns =
    R"("conversations":[{"from":"human","value":"<image>\nWhat is it?"},{"from":"gpt","value":"A red sign"}])";

class LlavaRows : public testing::Test {
 protected:
  [[nodiscard]] std::string refusal(const std::string& json) const {
    try {
      (void)read_llava_rows(folder_.write("rows.json", json));
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "accepted";
  }
  const TemporaryFolder folder_;
};

TEST_F(LlavaRows, AreReadWithPictureTurnsAndId) {
  const auto file =
      folder_.write("rows.json", std::string(R"([{"id":7,"image":"a/b.jpg",)") + kTurns + R"(},{"id":"x",)" +
                                     kTurns + R"(},{"image":null,)" + kTurns + "}]");
  const std::vector<LlavaRow> rows = read_llava_rows(file);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].id, "7");
  EXPECT_EQ(rows[0].images, std::vector<std::string>{"a/b.jpg"});
  EXPECT_EQ(rows[0].turns.at(0).second, "A red sign");
  EXPECT_EQ(rows[0].modality_length(), 7);  // words, the marker among them, as LLaVA counts
  EXPECT_EQ(rows[1].modality_length(), -7);
  EXPECT_TRUE(rows[2].images.empty());
}

TEST_F(LlavaRows, OfBadJsonAreRefusedWithLineAndColumn) {
  EXPECT_THAT(refusal("[\n  {\"id\": }\n]"), EndsWith("rows.json:2:10: is not valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("rows.json:1:1: is not valid JSON"));
  EXPECT_THAT(refusal(std::string("[{\"id\":\"\xff\"}]")), HasSubstr("is not valid JSON"));
}

TEST_F(LlavaRows, OfAnotherSchemaAreRefusedWithRowKeyExpectedAndFound) {
  EXPECT_THAT(refusal("{}"), HasSubstr("rows.json: must be a list of rows, found an object"));
  EXPECT_THAT(refusal("3"), HasSubstr("rows.json: must be a list of rows, found a single value"));
  EXPECT_THAT(refusal("[]"), HasSubstr("at least one row"));
  EXPECT_THAT(
      refusal(std::string("[{") + kTurns + "}, 3]"),
      HasSubstr("rows.json: row 2: it must be an object {\"id\", \"image\", \"conversations\"}, found 3"));
  EXPECT_THAT(refusal("[{\"id\":\"a\"}]"),
              HasSubstr("row 1: 'conversations' must be a list of turns, found nothing"));
  EXPECT_THAT(refusal("[{\"conversations\":[]}]"), HasSubstr("must be a list of turns, found []"));
  EXPECT_THAT(refusal(R"([{"conversations":[{"from":"human","value":"q"}]}])"),
              HasSubstr("row 1: 'conversations' must be an even number of turns, human and gpt, found 1"));
  EXPECT_THAT(
      refusal(R"([{"conversations":[{"from":"gpt","value":"q"},{"from":"human","value":"a"}]}])"),
      HasSubstr("row 1: turn 1: 'from' must be \"human\", since human and gpt alternate, found \"gpt\""));
  EXPECT_THAT(refusal(R"([{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":3}]}])"),
              HasSubstr("row 1: turn 2: 'value' must be a text, found 3"));
  EXPECT_THAT(refusal(R"([{"conversations":[{"from":"human","value":"q"},7]}])"),
              HasSubstr("row 1: turn 2 must be an object {\"from\", \"value\"}, found 7"));
  EXPECT_THAT(refusal(std::string(R"([{"image":[3],)") + kTurns + "}]"),
              HasSubstr("row 1: 'image' must be a text or a list of texts, found [3]"));
}

TEST_F(LlavaRows, PicturesAreNamedOnce) {
  const auto row = [](const std::string& image) { return "{\"image\":" + image + "," + kTurns + "}"; };
  const auto file = folder_.write("good.json", "[" + row("\"sub/b.jpg\"") + "," + row("\"a.jpg\"") + "," +
                                                   row("[\"sub/b.jpg\",\"a.jpg\"]") + "]");
  EXPECT_THAT(LlavaFile(file).pictures(), ElementsAre("sub/b.jpg", "a.jpg"));
}

TEST_F(LlavaRows, WordsAreThoseOfPythonsSplit) {
  LlavaRow row;
  row.turns = {{"a\tb\xc2\xa0 c\xe3\x80\x80",
                "\x1c\xe2\x80\x83"
                "d\xe2\x80\x8b e\n"}};
  EXPECT_EQ(row.modality_length(), -5);
}

TEST_F(LlavaRows, AnIndexIsKeptAndMadeAnewForAnotherFile) {
  const auto index = folder_.path() / "rows.index";
  const auto write = [&](const std::string& id) {
    return folder_.write("rows.json", "[{\"id\":\"" + id + "\",\"image\":\"a.jpg\"," + kTurns + "}]");
  };
  const auto file = write("first");
  EXPECT_FALSE(LlavaFile(file, index).index_was_found());
  {
    const LlavaFile again(file, index);
    EXPECT_TRUE(again.index_was_found());
    EXPECT_EQ(again.size(), 1);
    EXPECT_EQ(again.modality_length(0), 7);
    EXPECT_EQ(again.row(0).id, "first");
    EXPECT_THAT(again.pictures(), ElementsAre("a.jpg"));
  }
  write("other");
  {
    const LlavaFile changed(file, index);
    EXPECT_FALSE(changed.index_was_found());
    EXPECT_EQ(changed.row(0).id, "other");
  }
  const std::string whole = read_file(index);
  for (size_t size = 0; size < whole.size(); size += 13) {
    write_file_atomically(index, whole.substr(0, size));
    EXPECT_FALSE(LlavaFile(file, index).index_was_found()) << size;
  }
}

TEST_F(LlavaRows, ReadLazilyAreThoseOfAJsonParser) {
  std::string json = "[";
  for (uint64_t i = 0; i < 3000; ++i) {
    std::string text;
    for (uint64_t k = 0; k < counter_random(4, i, 0) % 4000; ++k) {
      static const char* const kPieces[] = {"a", " ", "\\\"", "\\\\", "]",       "}",
                                            "{", "[", ",",    "\\n",  "\\u00e9", "東"};
      text += kPieces[counter_random(5, i, k) % std::size(kPieces)];
    }
    json += (i == 0 ? "\n {" : ",\r\n{") + std::string("\"id\":") + std::to_string(i) +
            ",\"conversations\":[{\"from\":\"human\",\"value\":\"" + text +
            "\"},{\"value\":\"b\",\"from\":\"gpt\"}]}";
  }
  json += " ]\n";
  const LlavaFile file(folder_.write("rows.json", json));
  const auto expected = nlohmann::json::parse(json);
  ASSERT_EQ(file.size(), 3000);
  for (int64_t i = 0; i < file.size(); ++i) {
    const LlavaRow row = file.row(i);
    const nlohmann::json& entry = expected[static_cast<size_t>(i)];
    ASSERT_EQ(row.turns.at(0).first, entry["conversations"][0]["value"].get<std::string>());
    ASSERT_EQ(row.id, std::to_string(i));
  }
}

TEST_F(LlavaRows, CutOffOrFollowedByMoreAreRefused) {
  const std::string whole = std::string("[{\"id\":\"a\",") + kTurns + "}]";
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(refusal(whole.substr(0, size)), EndsWith("is not valid JSON")) << size;
  EXPECT_THAT(refusal(whole + "\n ]"), EndsWith("rows.json:2:2: is not valid JSON"));
  EXPECT_THAT(refusal("[{},]"), HasSubstr("row 1"));
  EXPECT_THAT(refusal("[{" + std::string(kTurns) + "},]"), EndsWith("is not valid JSON"));
}

}  // namespace
}  // namespace imp::harness
