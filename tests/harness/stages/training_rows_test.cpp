// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/stages/encoded_rows.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kImageTokens = 4;

class TrainingRows : public testing::Test, public RowObserver {
 protected:
  TrainingRows() {
    language_.tokenizer = models::Tokenizer::load(std::filesystem::path(IMP_TEST_DATA) / "tokenizers/phi");
  }
  /// The rows of a JSON file, encoded in a conversation.
  std::unique_ptr<RowSource> rows(const std::string& json, const std::string& conversation = "bare_v1",
                                  int64_t max_length = 256, bool isolated = false) {
    const RowEncoding encoding{models::conversation_template(conversation), kImageTokens, max_length,
                               isolated};
    return encode_rows({folder_.write("rows.json", json), folder_.path(), {}}, language_, encoding, *this);
  }
  /// What was counted, as kind: rows.
  [[nodiscard]] std::map<std::string, int64_t> counted() const {
    std::map<std::string, int64_t> kinds;
    for (const RowFinding& finding : census_.findings)
      kinds[std::string(name_of(finding.kind))] = finding.rows;
    return kinds;
  }
  void on_rows(int64_t done, int64_t total) override { EXPECT_LE(done, total); }
  void on_census(const RowCensus& census) override { census_ = census; }

  const TemporaryFolder folder_;
  LanguageParts language_;
  RowCensus census_;
};

using Kinds = std::map<std::string, int64_t>;

/// A row of messages, human first, with a picture or without.
nlohmann::json row_of(const std::vector<std::string>& messages, const nlohmann::json& image = nullptr) {
  auto turns = nlohmann::json::array();
  for (const std::string& message : messages)
    turns.push_back({{"from", turns.size() % 2 == 0 ? "human" : "gpt"}, {"value", message}});
  nlohmann::json row{{"id", "row"}, {"conversations", turns}};
  if (!image.is_null()) row["image"] = image;
  return row;
}

/// Rows after an ordinary one, so that there is something to learn.
std::string with_a_good_row(const std::vector<nlohmann::json>& rows) {
  nlohmann::json all = nlohmann::json::array({row_of({"Name a colour.", "red"})});
  for (const nlohmann::json& row : rows) all.push_back(row);
  return all.dump(1);
}

int64_t learned(const TrainingRow& row) {
  return std::ssize(row.encoded.labels) -
         std::count(row.encoded.labels.begin(), row.encoded.labels.end(), models::kIgnoreLabel);
}

const std::string kTwoPictures =
    R"([{"id": "two", "image": ["a.jpg", "b.jpg"], "conversations": [
      {"from": "human", "value": "<image>\nWhat is left?"}, {"from": "gpt", "value": "A."},
      {"from": "human", "value": "<image>\nAnd right?"}, {"from": "gpt", "value": "B."}]}])";

TEST_F(TrainingRows, SeveralPicturesStandWhereTheirMarkersDo) {
  const TrainingRow row = rows(kTwoPictures, "llava_v1")->row(0);
  EXPECT_THAT(row.images, ElementsAre("a.jpg", "b.jpg"));
  ASSERT_EQ(row.encoded.image_positions.size(), 2 * kImageTokens);
  EXPECT_GT(row.encoded.image_positions[kImageTokens], row.encoded.image_positions[kImageTokens - 1] + 1);
}

TEST_F(TrainingRows, ARowCutInsideItsSecondPictureKeepsBothAndOneCutBeforeItKeepsTheFirst) {
  const auto& places = rows(kTwoPictures, "llava_v1")->row(0).encoded.image_positions;
  const int64_t second = places[kImageTokens];
  const TrainingRow inside = rows(kTwoPictures, "llava_v1", second + 2)->row(0);
  EXPECT_THAT(inside.images, ElementsAre("a.jpg", "b.jpg"));
  EXPECT_EQ(inside.encoded.image_positions.size(), kImageTokens + 2);
  const TrainingRow before = rows(kTwoPictures, "llava_v1", second)->row(0);
  EXPECT_THAT(before.images, ElementsAre("a.jpg"));
}

TEST_F(TrainingRows, APictureShownTwiceAndNamedOnceIsShownAgain) {
  const TrainingRow row = rows(R"([{"id": "1", "image": "a.jpg", "conversations": [
        {"from": "human", "value": "<image>\nOne?"}, {"from": "gpt", "value": "1"},
        {"from": "human", "value": "<image>\nTwo?"}, {"from": "gpt", "value": "2"}]}])",
                               "llava_v1")
                              ->row(0);
  EXPECT_THAT(row.images, ElementsAre("a.jpg", "a.jpg"));
}

TEST_F(TrainingRows, AListOfPicturesThatNoTurnsFitIsLeftOutAndCounted) {
  const auto source = rows(with_a_good_row({row_of({"<image>\nOne?", "1"}, {"a.jpg", "b.jpg"}),
                                            row_of({"<image>\n1", "1", "<image>", "2"}, {"a", "b", "c"})}),
                           "llava_v1");
  EXPECT_TRUE(source->row(1).encoded.ids.empty());
  EXPECT_TRUE(source->row(1).images.empty());
  EXPECT_EQ(counted(), (Kinds{{"picture_count", 2}}));
  EXPECT_THAT(sentences(census_), ElementsAre(HasSubstr("(2 names); 2 of 3 rows are so and teach nothing")));
}

TEST_F(TrainingRows, APictureThatNoTurnShowsIsNotShownByLlavasTemplates) {
  // LLaVA's trainer takes no feature row for a text without "<image>"; the study's own scripts always do.
  const std::string json = with_a_good_row({row_of({"What is it?", "A sign"}, "a.jpg")});
  for (const char* name : {"llava_v1", "imp", "mobilevlm"}) {
    const auto source = rows(json, name);
    EXPECT_TRUE(source->row(1).images.empty()) << name;
    EXPECT_TRUE(source->row(1).encoded.image_positions.empty()) << name;
    EXPECT_GT(learned(source->row(1)), 0) << name;
    EXPECT_EQ(counted(), (Kinds{{"picture_not_shown", 1}})) << name;
  }
  EXPECT_THAT(rows(json, "bare_v1")->row(1).images, ElementsAre("a.jpg"));
  EXPECT_EQ(counted(), Kinds{});
  EXPECT_THAT(rows(json, "llava_v1", 256, true)->row(1).images, ElementsAre("a.jpg"));
}

TEST_F(TrainingRows, TheWordImageIsAPictureOnlyInRowsThatHaveOne) {
  const std::vector<std::vector<std::string>> conversations{
      {"Which tag shows a picture?", "The old tag was <image> there."},
      {"Hello", "hi", "Which tag?", "<image>"},
      {"What does <image> mean in XML?", "a picture"},
      {"<image>\nWhat is it?", "<image>\n<image>"},
      {"<image>", "<image>"}};
  for (const std::string& name : models::conversation_names()) {
    for (const bool isolated : {false, true}) {
      if (name == "plain" && !isolated) continue;
      std::vector<nlohmann::json> list;
      for (const auto& messages : conversations) list.push_back(row_of(messages));
      const auto source = rows(with_a_good_row(list), name, 256, isolated);
      for (int64_t i = 1; i < source->size(); ++i) {
        const TrainingRow row = source->row(i);
        EXPECT_TRUE(row.images.empty()) << name;
        EXPECT_TRUE(row.encoded.image_positions.empty()) << name;
        EXPECT_GT(learned(row), 0) << name << " " << i;
        const std::string text = language_.tokenizer->decode(row.encoded.ids, false);
        if (name == "plain" && i == 3) continue;  // its question is thrown away
        EXPECT_THAT(text, HasSubstr("<image>")) << name << isolated << i;
      }
      EXPECT_EQ(counted(), Kinds{}) << name;
    }
  }
}

TEST_F(TrainingRows, InAnAnswerOfARowWithAPictureItIsThePictureAsInLlavasTrainer) {
  const auto source = rows(with_a_good_row({row_of({"What is it?", "See <image> here"}, "a.jpg"),
                                            row_of({"<image>\nWhat?", "That <image>"}, "a.jpg")}),
                           "llava_v1");
  const TrainingRow only = source->row(1), again = source->row(2);
  EXPECT_THAT(only.images, ElementsAre("a.jpg"));
  EXPECT_THAT(again.images, ElementsAre("a.jpg", "a.jpg"));
  EXPECT_EQ(again.encoded.image_positions.size(), 2U * kImageTokens);
  const std::vector<int32_t> after(only.encoded.ids.begin() + only.encoded.image_positions.back() + 1,
                                   only.encoded.ids.end());
  EXPECT_THAT(language_.tokenizer->decode(after, false), testing::StartsWith("\nSee  here"));
  // Isolated turns share the picture, which so stands before the question.
  const TrainingRow isolated =
      rows(with_a_good_row({row_of({"What?", "That <image>"}, "a.jpg")}), "llava_v1", 256, true)->row(1);
  EXPECT_THAT(isolated.images, ElementsAre("a.jpg"));
  EXPECT_EQ(isolated.encoded.turns[static_cast<size_t>(isolated.encoded.image_positions.back())], 0);
  EXPECT_THAT(language_.tokenizer->decode(isolated.encoded.ids, false), HasSubstr("What? ASSISTANT: That"));
}

TEST_F(TrainingRows, ThatEndInAQuestionTeachNothingInAnyTemplate) {
  for (const char* name : {"llava_v1", "imp", "mobilevlm", "bare_v1"}) {
    const auto source = rows(with_a_good_row({row_of({"Name a colour.", "red", "Another?"}), row_of({"Why?"}),
                                              row_of({"<image>\nWhy?"}, "a.jpg")}),
                             name);
    for (int64_t i = 1; i < 4; ++i) EXPECT_EQ(learned(source->row(i)), 0) << name << i;
    EXPECT_EQ(counted(), (Kinds{{"unanswered", 3}})) << name;
    EXPECT_EQ(census_.teaching, 1);
  }
  // A turn that is isolated teaches whatever the others lack.
  const auto source =
      rows(with_a_good_row({row_of({"Name a colour.", "red", "Another?"})}), "llava_v1", 256, true);
  EXPECT_GT(learned(source->row(1)), 0);
  EXPECT_EQ(counted(), (Kinds{{"masked_in_part", 1}}));
}

TEST_F(TrainingRows, WithoutALastQuestionsAnswerTheLabelsOfARowLongerThanMaxLengthStay) {
  // LLaVA compares its count with the length only where the count is below max_length.
  const std::string json =
      with_a_good_row({row_of({"Name a colour.", "red and blue and green and yellow", "Another?"})});
  EXPECT_EQ(learned(rows(json, "llava_v1")->row(1)), 0);
  const auto length = std::ssize(rows(json, "llava_v1")->row(1).encoded.ids);
  EXPECT_GT(learned(rows(json, "llava_v1", length - 16)->row(1)), 0);
}

TEST_F(TrainingRows, EachKindThatTeachesNothingIsCountedWithItsFirstRow) {
  const nlohmann::json video{
      {"id", "v"}, {"video", "a.mp4"}, {"conversations", row_of({"What moves?", "a cat"})["conversations"]}};
  nlohmann::json roles = row_of({"q", "a"});
  roles["conversations"][1]["from"] = "assistant";
  nlohmann::json twice = row_of({"q", "a"});
  twice["conversations"][1]["from"] = "human";
  const auto source = rows(with_a_good_row({row_of({std::string(2000, 'x') + " y z", "too late"}),
                                            row_of({"q", "one ASSISTANT: two"}),
                                            row_of({"q", ""}),
                                            {{"conversations", nlohmann::json::array()}},
                                            roles,
                                            twice,
                                            video,
                                            row_of({"q", "</s> ends"}),
                                            row_of({"r", ""})}),
                           "llava_v1", 128);
  EXPECT_EQ(counted(), (Kinds{{"cut", 1},
                              {"mismatched", 2},
                              {"unanswered", 2},
                              {"no_turns", 1},
                              {"unknown_role", 1},
                              {"not_alternating", 1},
                              {"unread_key", 1}}));
  EXPECT_EQ(census_.rows, 10);
  EXPECT_EQ(census_.teaching, 2);
  EXPECT_TRUE(census_.whole);
  const std::string file = (folder_.path() / "rows.json").string();
  EXPECT_THAT(
      sentences(census_),
      testing::Contains(testing::MatchesRegex(
          file +
          ":[0-9]+:2: row 4 .id 'row'.: a question has no answer; 2 of 10 rows are so and teach nothing")));
  EXPECT_THAT(sentences(census_),
              testing::Contains(HasSubstr("neither \"human\" nor \"gpt\" (\"assistant\")")));
  EXPECT_THAT(sentences(census_),
              testing::Contains(HasSubstr("('video'); 1 of 10 rows are so and are learned")));
  // The line is the one on which the row begins.
  std::istringstream text(read_file(file));
  std::string line;
  for (uint64_t i = 0; i < census_.findings[0].place.line; ++i) std::getline(text, line);
  EXPECT_EQ(line, " {");
}

TEST_F(TrainingRows, OfWhichNoneTeachesAreRefusedWithWhatTheyAre) {
  try {
    (void)rows("[" + row_of({"Why?"}).dump() + "," + row_of({"q", "a </s> b"}).dump() + "]", "llava_v1");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("rows.json: none of its 2 rows has a token to learn; 1: a question has no "
                          "answer, the first row 1; 1: "));
  }
}

TEST_F(TrainingRows, WhoseLengthsDisagreeLearnNothingAndAreToldWithBothCounts) {
  const auto source =
      rows(with_a_good_row({row_of({"<image>\nTwo tags", "one ASSISTANT: two"}, "a.jpg")}), "llava_v1");
  EXPECT_THAT(source->row(1).encoded.labels, testing::Each(models::kIgnoreLabel));
  EXPECT_THAT(sentences(census_), ElementsAre(testing::MatchesRegex(
                                      ".*rows.json:.*: row 2 .id 'row'.: the tokens of its rounds.*"
                                      " .[0-9]+ for [0-9]+.; 1 of 2 rows are so and teach nothing")));
}

TEST_F(TrainingRows, AreTheSameWhetherKeptOrReadAgain) {
  const auto few = rows(with_a_good_row({row_of({"q39999", "a"}), row_of({"Why?"})}), "llava_v1");
  std::vector<nlohmann::json> list;
  for (int i = 0; i < 40000; ++i) list.push_back(row_of({"q" + std::to_string(i), "a"}));
  list.push_back(row_of({"Why?"}));
  const auto many = rows(with_a_good_row(list), "llava_v1");
  EXPECT_EQ(counted(), (Kinds{{"unanswered", 1}}));
  EXPECT_EQ(census_.findings[0].first, 40001);
  EXPECT_EQ(many->row(40000).encoded.ids, few->row(1).encoded.ids);
  EXPECT_EQ(many->row(40001).encoded.labels, few->row(2).encoded.labels);
}

}  // namespace
}  // namespace imp::harness
