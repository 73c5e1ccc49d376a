// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "eval/metrics/anls.h"
#include "eval/metrics/clustered_standard_error.h"
#include "eval/metrics/exact_match_gqa.h"
#include "eval/metrics/mme.h"
#include "eval/metrics/option_letter.h"
#include "eval/metrics/pope_metrics.h"
#include "eval/metrics/vqa_accuracy.h"
#include "eval/metrics/vqa_normalize.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

// Expected values computed with lmms-eval 0.7.3 unless a test says otherwise.

TEST(VqaNormalize, RemovesAtMostThirtyTwoFullStops) {
  EXPECT_EQ(normalize_vqa_answer(std::string(40, '.')), std::string(8, '.'));
}

TEST(VqaNormalize, TextvqaDropsCommasBeforePunctuationAndVqav2DoesNot) {
  EXPECT_EQ(normalize_vqa_answer("1,000-a"), "1000");
  EXPECT_EQ(normalize_vqav2_answer("1,000-a"), "1000a");
}

TEST(VqaAccuracy, ThreeMatchingAnnotatorsGiveNineTenths) {
  std::vector<std::string> answers(10, "stop");
  for (std::size_t i = 3; i < 10; ++i) answers[i] = "other " + std::to_string(i);
  EXPECT_NEAR(vqa_accuracy_llava("STOP.", answers), 0.9, 1e-12);
  answers[3] = "Stop!";
  EXPECT_NEAR(vqa_accuracy_llava("stop", answers), 1.0, 1e-12);
}

TEST(VqaAccuracy, LlavaDemandsTenAnswersAndLmmsEvalOne) {
  EXPECT_THROW((void)vqa_accuracy_llava("a b", std::vector<std::string>(9, "b")), Error);
  EXPECT_THROW((void)vqa_accuracy_lmms_eval_textvqa("b", {}), Error);
  EXPECT_NEAR(vqa_accuracy_lmms_eval_textvqa("b", std::vector<std::string>(2, "b")), 1.0 / 3, 1e-12);
}

TEST(Anls, LongAnswersAreScoredWithoutTheWholeTable) {
  const std::vector<std::string> answers = {std::string(60'000, 'x')};
  EXPECT_EQ(anls(std::string(200'000, 'y'), answers), 0.0);
}

TEST(ClusteredStandardError, EqualsTheSumOverPairs) {
  const std::vector<double> scores = {0.3, 1.0, 0.0, 0.6, 0.9, 1.0, 0.0};
  const std::vector<std::string_view> names = {"b", "a", "b", "c", "a", "b", "c"};
  const auto n = static_cast<double>(scores.size());
  double mean = 0.0;
  for (const double score : scores) mean += score / n;
  double squares = 0.0, pairs = 0.0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j)
      if (i != j && names[i] == names[j]) pairs += (scores[i] - mean) * (scores[j] - mean);
    squares += (scores[i] - mean) * (scores[i] - mean);
  }
  const double expected = std::sqrt(squares / (n - 1) / n + pairs / (n * n));
  EXPECT_NEAR(clustered_standard_error(scores, number_clusters(names)), expected, 1e-12);
}

TEST(ClusteredStandardError, IsNotANumberForOneScore) {
  EXPECT_TRUE(std::isnan(clustered_standard_error(std::vector<double>{1.0}, std::vector<std::size_t>{0})));
}

TEST(ExactMatchGqa, CutsWhatLowerCasingMadeLonger) {
  EXPECT_EQ(exact_match_gqa("\xC4\xB0", "i"), 1.0);  // U+0130 becomes two code points; NumPy keeps one
}

TEST(OptionLetter, StatedAnswerCountsOnlyOnce) {
  EXPECT_EQ(parse_option_llava("The answer is B."), "B");
  EXPECT_EQ(parse_option_llava("The answer is B"), "FAILED");
  EXPECT_EQ(parse_option_llava("The answer is B. The answer is B."), "FAILED");
  EXPECT_THROW((void)option_score_lmms_eval("A", 4, 4), Error);
}

TEST(PopeMetrics, ReferencesDisagreeOnTheSameAnswers) {
  const std::vector<YesNoRow> rows = {{"Yes, there is.", "yes"}, {"no", "no"}, {"", "no"}, {"yes", "yes"}};
  EXPECT_DOUBLE_EQ(pope_llava(rows).accuracy, 0.75);
  EXPECT_DOUBLE_EQ(pope_llava(rows).yes_ratio, 0.75);
  EXPECT_DOUBLE_EQ(pope_lmms_eval(rows).accuracy, 0.5);
  EXPECT_DOUBLE_EQ(pope_lmms_eval(rows).yes_ratio, 0.5);
}

TEST(Mme, AnImageWithOneAnswerIsRefused) {
  EXPECT_THROW((void)mme_scores(std::vector<MmeRow>{{"a.png", "OCR", "yes", "Yes"}}), Error);
}

}  // namespace
}  // namespace imp::eval
