// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/score.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/io/error.h"

namespace imp::eval {
namespace {

/// Ten questions on five pictures, families "even" and "odd"; every annotator of question i says "word i".
Benchmark ten_questions() {
  Benchmark benchmark{"scenetext", {}};
  for (int i = 0; i < 10; ++i) {
    const std::string number = std::to_string(i);
    benchmark.questions.push_back({{number, true},
                                   {"p" + std::to_string(i / 2), false},
                                   {},
                                   "which word?",
                                   std::vector<std::string>(10, "word " + number),
                                   i % 2 == 0 ? "even" : "odd"});
  }
  return benchmark;
}

Prediction answer(const std::string& id, const std::string& text) {
  return {{id, false}, {}, text, std::nullopt, "", std::nullopt, std::nullopt};
}

TEST(ScorePredictions, GivesMeanErrorFamiliesAndEachScore) {
  std::vector<Prediction> predictions;
  for (int i = 9; i >= 0; --i)  // right on even questions and on the last
    predictions.push_back(
        answer(std::to_string(i), i % 2 == 0 || i == 9 ? "Word " + std::to_string(i) : "no"));
  const ScoreReport report = score_predictions(ten_questions(), predictions);
  EXPECT_EQ(report.metric, "vqa_accuracy");
  EXPECT_EQ(report.n, 10U);
  EXPECT_EQ(report.images, 5U);
  EXPECT_DOUBLE_EQ(report.mean, 0.6);
  EXPECT_EQ(report.scores.front(), 1.0);
  EXPECT_EQ(report.scores[2], 0.0);
  ASSERT_EQ(report.families.size(), 2U);
  EXPECT_EQ(report.families[0].family, "even");
  EXPECT_DOUBLE_EQ(report.families[0].mean, 1.0);
  EXPECT_DOUBLE_EQ(report.families[1].mean, 0.2);
  // Deviations: five of 0.4, one of 0.4, four of -0.6; in four pictures they pair as 0.4 and -0.6, in one as
  // 0.4 twice.
  const double variance = (6 * 0.16 + 4 * 0.36) / 9 / 10;
  const double pairs = (4 * 2 * 0.4 * -0.6 + 2 * 0.4 * 0.4) / 100;
  EXPECT_NEAR(report.standard_error, std::sqrt(std::max(0.0, variance + pairs)), 1e-12);
  EXPECT_NO_THROW(require_complete(report.problems, "p.jsonl"));
}

TEST(ScorePredictions, AnEmptyAnswerOfTheModelIsAnAnswer) {
  std::vector<Prediction> predictions;
  for (int i = 0; i < 10; ++i) predictions.push_back(answer(std::to_string(i), "word " + std::to_string(i)));
  predictions[3].text = predictions[7].text = "";
  predictions[3].answer_tokens = predictions[7].answer_tokens = 1;
  const ScoreReport report = score_predictions(ten_questions(), predictions);
  EXPECT_DOUBLE_EQ(report.mean, 0.8);
  EXPECT_EQ(report.scores[3], 0.0);
  EXPECT_NO_THROW(require_complete(report.problems, "p.jsonl"));
  EXPECT_EQ(describe(report.problems), "empty answers: 2 (3, 7)");
}

TEST(ScorePredictions, CountsAndListsWhatDoesNotFit) {
  std::vector<Prediction> predictions = {answer("0", "word 0"), answer("0", "no"), answer("x", "a"),
                                         answer("1", "")};
  const ScoreReport report = score_predictions(ten_questions(), predictions);
  EXPECT_EQ(report.n, 2U);
  EXPECT_DOUBLE_EQ(report.mean, 0.5) << "the first answer counts, an empty one is wrong";
  EXPECT_EQ(report.scores[1], std::nullopt);
  EXPECT_EQ(report.scores[2], std::nullopt);
  try {
    require_complete(report.problems, "p.jsonl");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_STREQ(
        error.what(),
        "p.jsonl: questions without an answer: 8 (2, 3, 4, ...), repeated answers: 1 (0), answers to unknown "
        "questions: 1 (x), empty answers without answer_tokens: 1 (1); answer every question once, or pass "
        "--partial");
  }
}

TEST(ScorePredictions, FilesThatDoNotBelongTogetherAreRefused) {
  EXPECT_THROW((void)score_predictions(ten_questions(), std::vector<Prediction>{answer("x", "a")}), Error);
  EXPECT_THROW((void)score_predictions(ten_questions(), {}), Error);
}

}  // namespace
}  // namespace imp::eval
