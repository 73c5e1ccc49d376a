// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::AllOf;
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
  EXPECT_EQ(rows[0].image, "a/b.jpg");
  EXPECT_EQ(rows[0].turns.at(0).second, "A red sign");
  EXPECT_EQ(rows[0].modality_length(), 7);  // words, the marker among them, as LLaVA counts
  EXPECT_EQ(rows[1].modality_length(), -7);
  EXPECT_EQ(rows[2].image, "");
}

TEST_F(LlavaRows, OfBadJsonAreRefusedWithLineAndColumn) {
  EXPECT_THAT(refusal("[\n  {\"id\": }\n]"), EndsWith("rows.json:2:10: is not valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("rows.json:1:1: is not valid JSON"));
  EXPECT_THAT(refusal(std::string("[{\"id\":\"\xff\"}]")), HasSubstr("is not valid JSON"));
}

TEST_F(LlavaRows, OfAnotherSchemaAreRefusedWithTheRow) {
  EXPECT_THAT(refusal("{}"), HasSubstr("rows.json: must be a list"));
  EXPECT_THAT(refusal("[]"), HasSubstr("at least one row"));
  EXPECT_THAT(refusal(std::string("[{") + kTurns + "}, 3]"), HasSubstr("rows.json: row 2: is no object"));
  EXPECT_THAT(refusal("[{\"id\":\"a\"}]"), HasSubstr("row 1: has no list 'conversations'"));
  EXPECT_THAT(refusal("[{\"conversations\":[]}]"), HasSubstr("row 1: has no list 'conversations'"));
  EXPECT_THAT(refusal(R"([{"conversations":[{"from":"human","value":"q"}]}])"),
              HasSubstr("row 1: has an odd number of turns"));
  EXPECT_THAT(refusal(R"([{"conversations":[{"from":"gpt","value":"q"},{"from":"human","value":"a"}]}])"),
              HasSubstr("row 1: turn 1 must be from 'human' and turn 2 from 'gpt'"));
  EXPECT_THAT(refusal(R"([{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":3}]}])"),
              HasSubstr("row 1: has no text 'value'"));
  EXPECT_THAT(refusal(std::string(R"([{"image":["a","b"],)") + kTurns + "}]"),
              HasSubstr("row 1: 'image' is no text"));
}

TEST_F(LlavaRows, PicturesAreNamedOnceAndMissingOnesRefused) {
  const auto file = folder_.write("rows.json", "[]");
  folder_.write("pictures/a.jpg", "");
  folder_.write("pictures/sub/b.jpg", "");
  std::vector<LlavaRow> rows(4);
  rows[0].image = "sub/b.jpg";
  rows[1].image = "a.jpg";
  rows[2].image = "sub/b.jpg";
  EXPECT_THAT(pictures_of(rows, file, folder_.path() / "pictures"),
              testing::ElementsAre("sub/b.jpg", "a.jpg"));
  rows[1].image = "c.jpg";
  rows[3].image = "d.jpg";
  try {
    (void)pictures_of(rows, file, folder_.path() / "pictures");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("rows.json"), HasSubstr("2 of 3 pictures"), HasSubstr("'c.jpg'")));
  }
}

}  // namespace
}  // namespace imp::harness
