// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/data/word_count.h"
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
  EXPECT_EQ(rows[0].turns.at(0).answer, "A red sign");
  EXPECT_EQ(rows[0].modality_length(), 7);  // words, the marker among them, as LLaVA counts
  EXPECT_EQ(rows[1].modality_length(), -7);
  EXPECT_TRUE(rows[2].images.empty());
}

TEST_F(LlavaRows, OfBadJsonAreRefusedWithLineAndColumn) {
  EXPECT_THAT(refusal("[\n  {\"id\": }\n]"), EndsWith("rows.json:2:10: is not valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("rows.json:1:1: is not valid JSON"));
  EXPECT_THAT(refusal(std::string("[{\"id\":\"\xff\"}]")), HasSubstr("is not valid JSON"));
}

TEST_F(LlavaRows, OfAnotherSchemaAreRefusedWithPlaceRowKeyExpectedAndFound) {
  EXPECT_THAT(refusal("{}"), EndsWith("rows.json: must be a list of rows, found an object"));
  EXPECT_THAT(refusal("3"), HasSubstr("rows.json: must be a list of rows, found a single value"));
  EXPECT_THAT(refusal("[]"), HasSubstr("at least one row"));
  EXPECT_THAT(refusal(std::string("[{") + kTurns + "},\n  3]"),
              HasSubstr("rows.json:2:3: row 2: it must be an object {\"id\", \"image\", \"conversations\"}, "
                        "found 3"));
  EXPECT_THAT(refusal("[{\"id\":\"a\"}]"),
              HasSubstr("row 1: 'conversations' must be a list of turns, found nothing"));
  EXPECT_THAT(refusal("[{\"conversations\":null}]"), HasSubstr("must be a list of turns, found null"));
  EXPECT_THAT(refusal(R"([{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":3}]}])"),
              HasSubstr("row 1: turn 2: 'value' must be a text, found 3"));
  EXPECT_THAT(refusal(R"([{"conversations":[{"from":"human","value":"q"},7]}])"),
              HasSubstr("row 1: turn 2 must be an object {\"from\", \"value\"}, found 7"));
  EXPECT_THAT(refusal(R"([{"conversations":[{"role":"user","content":"q"}]}])"),
              HasSubstr("row 1: turn 1: 'from' must be a text, found nothing"));
  EXPECT_THAT(refusal(std::string(R"([{"image":[3],)") + kTurns + "}]"),
              HasSubstr("row 1: 'image' must be a text or a list of texts, found [3]"));
}

TEST_F(LlavaRows, OfAnotherSchemaAreAllListedUpToTwenty) {
  const std::string good = fmt::format("{{{}}}", kTurns);
  std::string json = "[\n";
  for (int i = 0; i < 30; ++i) json.append(i % 3 == 0 ? "{\"id\":1}" : good).append(",\n");
  const std::string ten = refusal(json + good + "\n]");
  EXPECT_EQ(std::count(ten.begin(), ten.end(), '\n'), 9);
  EXPECT_THAT(ten, AllOf(HasSubstr("rows.json:2:1: row 1: 'conversations'"),
                         HasSubstr("\n" + (folder_.path() / "rows.json").string() + ":29:1: row 28: ")));
  std::string many = "[";
  for (int i = 0; i < 25; ++i) many += "{},";
  EXPECT_THAT(refusal(many + "{}]"), EndsWith("rows.json: and 6 more such rows"));
}

TEST_F(LlavaRows, InJsonLinesAreRefusedWithTheWayOut) {
  const std::string row = std::string("{") + kTurns + "}";
  EXPECT_THAT(refusal(row + "\n" + row + "\n"), HasSubstr("(JSON lines); `jq -s .` makes a list of them"));
}

/// Turns of a conversation: "human: text" for each.
std::string turns(std::initializer_list<std::pair<const char*, const char*>> messages) {
  auto list = nlohmann::json::array();
  for (const auto& [from, value] : messages) list.push_back({{"from", from}, {"value", value}});
  return "\"conversations\":" + list.dump();
}

TEST_F(LlavaRows, ThatDoNotAlternateAreReadAsLlavasTrainerReadsThemOrLeftOut) {
  const auto read = [&](const std::string& conversation) {
    return read_llava_rows(folder_.write("rows.json", "[{" + conversation + "}]")).at(0);
  };
  // An opening of the assistant's is dropped, but its words count for the sampler.
  LlavaRow row = read(turns({{"gpt", "Welcome to all!"}, {"human", "Name a colour."}, {"gpt", "red"}}));
  ASSERT_EQ(row.turns.size(), 1u);
  EXPECT_EQ(row.turns[0].question, "Name a colour.");
  EXPECT_EQ(row.turns[0].answer, "red");
  EXPECT_EQ(row.modality_length(), -7);
  // A last question stays, without an answer.
  row = read(turns({{"human", "q"}, {"gpt", "a"}, {"human", "r"}}));
  ASSERT_EQ(row.turns.size(), 2u);
  EXPECT_EQ(row.turns[1].question, "r");
  EXPECT_FALSE(row.turns[1].answer.has_value());
  EXPECT_EQ(read(turns({{"gpt", "hi"}, {"human", "q"}, {"gpt", "a"}, {"human", "r"}})).turns.size(), 2u);
  EXPECT_EQ(read(turns({{"human", "q"}})).turns.size(), 1u);

  const auto left_out = [&](const std::string& conversation) {
    const LlavaRow made = read(conversation);
    EXPECT_TRUE(made.turns.empty());
    return std::pair(made.left_out, made.found);
  };
  using Found = std::pair<std::optional<RowKind>, std::string>;
  EXPECT_EQ(left_out("\"conversations\":[]"), Found(RowKind::no_turns, ""));
  EXPECT_EQ(left_out(turns({{"gpt", "Welcome!"}})), Found(RowKind::no_turns, ""));
  EXPECT_EQ(left_out(turns({{"human", "q"}, {"human", "r"}, {"gpt", "a"}})),
            Found(RowKind::not_alternating, "turn 2"));
  EXPECT_EQ(left_out(turns({{"human", "q"}, {"gpt", "a"}, {"gpt", "b"}})),
            Found(RowKind::not_alternating, "turn 3"));
  EXPECT_EQ(left_out(turns({{"gpt", "a"}, {"gpt", "b"}, {"human", "q"}})),
            Found(RowKind::not_alternating, "turn 2"));
  for (const char* role : {"user", "Human", "system", "chatgpt", "bing", ""}) {
    EXPECT_EQ(left_out(turns({{"human", "q"}, {role, "a"}})),
              Found(RowKind::unknown_role, "\"" + std::string(role) + "\""));
  }
}

TEST_F(LlavaRows, AValueOfNullIsAnEmptyText) {
  const auto rows = read_llava_rows(folder_.write(
      "rows.json", R"([{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":null}]}])"));
  EXPECT_EQ(rows.at(0).turns.at(0).answer, "");
}

TEST_F(LlavaRows, AreReadAsPythonsJsonReadsThem) {
  const auto read = [&](const std::string& json) {
    return read_llava_rows(folder_.write("rows.json", json));
  };
  // The last of two equal keys; numbers and words beyond the standard; a byte order mark; CRLF.
  LlavaRow row =
      read(std::string(R"([{"id":"a","id":"b","image":"x.jpg","image":"y.jpg",)") + kTurns + "}]").at(0);
  EXPECT_EQ(row.id, "b");
  EXPECT_EQ(row.images, std::vector<std::string>{"y.jpg"});
  row = read(std::string(R"([{"id":NaN,"score":-Infinity,"hash":123456789012345678901234567890,"p":1e999,)") +
             kTurns + "}]")
            .at(0);
  EXPECT_EQ(row.id, "null");
  EXPECT_EQ(row.turns.at(0).answer, "A red sign");
  EXPECT_EQ(read("\xef\xbb\xbf[\r\n{" + std::string(kTurns) + "}\r\n]\r\n").size(), 1u);
  // Half of a pair of surrogates is no character; a whole pair is one.
  row = read("[{" + turns({{"human", "LONE PAIR"}, {"gpt", "NaN stays"}}) + "}]").at(0);
  std::string json = "[{" + turns({{"human", "LONE PAIR"}, {"gpt", "NaN stays"}}) + "}]";
  json.replace(json.find("LONE"), 4, "\\ud83d");
  json.replace(json.find("PAIR"), 4, "\\ud83d\\ude00 \\udc00x");
  row = read(json).at(0);
  EXPECT_EQ(row.turns.at(0).question, "\xef\xbf\xbd \xf0\x9f\x98\x80 \xef\xbf\xbdx");
  EXPECT_EQ(row.turns.at(0).answer, "NaN stays");
  // What Python refuses stays refused.
  for (const char* value : {"nan", "+1", "01", ".5", "1.", "'x'", "\"\\ud8\"", "\"\t\""}) {
    EXPECT_THAT(refusal(std::string("[{\"id\":") + value + "," + kTurns + "}]"),
                HasSubstr("is not valid JSON"))
        << value;
  }
}

TEST_F(LlavaRows, OfAnImageThatIsEmptyAreTextAlone) {
  for (const char* value : {"null", "\"\"", "[]"}) {
    const auto rows = read_llava_rows(
        folder_.write("rows.json", std::string("[{\"image\":") + value + "," + kTurns + "}]"));
    EXPECT_TRUE(rows.at(0).images.empty());
    EXPECT_LT(rows.at(0).modality_length(), 0);
  }
}

TEST_F(LlavaRows, FromTheFrontOfAFileAreThoseThatBeginThere) {
  const std::string row = std::string("{") + kTurns + "}";
  const auto file = folder_.write("rows.json", "[" + row + "," + row + ",\n" + row + ", {}]");
  const LlavaFile front = LlavaFile::front_of(file, 2 * row.size());
  EXPECT_EQ(front.size(), 2);
  EXPECT_FALSE(front.is_whole());
  EXPECT_EQ(front.row(1).turns.size(), 1u);
  EXPECT_EQ(LlavaFile::front_of(file, 2 * row.size() + 5).size(), 3);
  EXPECT_THROW((void)LlavaFile::front_of(file, 1000), Error);
}

TEST_F(LlavaRows, PicturesAreNamedOnce) {
  const auto row = [](const std::string& image) { return "{\"image\":" + image + "," + kTurns + "}"; };
  const auto file = folder_.write("good.json", "[" + row("\"sub/b.jpg\"") + "," + row("\"a.jpg\"") + "," +
                                                   row("[\"sub/b.jpg\",\"a.jpg\"]") + "]");
  EXPECT_THAT(LlavaFile(file).pictures(), ElementsAre("sub/b.jpg", "a.jpg"));
}

TEST_F(LlavaRows, WordsAreThoseOfPythonsSplit) {
  EXPECT_EQ(count_words("a\tb\xc2\xa0 c\xe3\x80\x80"), 3);
  EXPECT_EQ(count_words("\x1c\xe2\x80\x83"
                        "d\xe2\x80\x8b e\n"),
            2);
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
    ASSERT_EQ(row.turns.at(0).question, entry["conversations"][0]["value"].get<std::string>());
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
