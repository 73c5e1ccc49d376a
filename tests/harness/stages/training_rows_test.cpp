// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/stages/training_stage.h"
#include "models/io/error.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kImageTokens = 4;

class TrainingRows : public testing::Test {
 protected:
  TrainingRows() {
    language_.tokenizer = models::Tokenizer::load(std::filesystem::path(IMP_TEST_DATA) / "tokenizers/phi");
  }
  /// The rows of a JSON file, encoded in a conversation.
  std::unique_ptr<RowSource> rows(const std::string& json, const char* conversation = "bare_v1",
                                  int64_t max_length = 256) {
    const RowEncoding encoding{models::conversation_template(conversation), kImageTokens, max_length, false};
    return encode_rows({folder_.write("rows.json", json), folder_.path(), {}}, language_, encoding,
                       [this](const std::string& line) { warnings_.push_back(line); });
  }

  const TemporaryFolder folder_;
  LanguageParts language_;
  std::vector<std::string> warnings_;
};

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

TEST_F(TrainingRows, MorePicturesThanMarkersAreRefusedWithBothCounts) {
  const auto source = rows(R"([{"id": "1", "image": ["a.jpg", "b.jpg"], "conversations": [
      {"from": "human", "value": "<image>\nOne?"}, {"from": "gpt", "value": "1"}]}])");
  try {
    (void)source->row(0);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("rows.json: row 1: 'image' must name as many pictures as turns hold "
                                        "\"<image>\", 1, found 2"));
  }
}

TEST_F(TrainingRows, ARowWhoseLengthsDisagreeLearnsNothingAndIsTold) {
  const std::string rows_json = R"([{"id": "tags", "image": "a.jpg", "conversations": [
      {"from": "human", "value": "<image>\nTwo tags"}, {"from": "gpt", "value": "one ASSISTANT: two"}]}])";
  const auto source = rows(rows_json, "llava_v1");
  const TrainingRow row = source->row(0);
  EXPECT_THAT(row.encoded.labels, testing::Each(models::kIgnoreLabel));
  (void)source->row(0);
  ASSERT_EQ(warnings_.size(), 1U) << "told once a row";
  EXPECT_THAT(
      warnings_[0],
      testing::MatchesRegex(".*rows.json: row 1 \\(id 'tags'\\): LLaVA counts [0-9]+ tokens where the row "
                            "has [0-9]+; nothing of it is learned \\(1 such rows so far\\)"));
}

}  // namespace
}  // namespace imp::harness
