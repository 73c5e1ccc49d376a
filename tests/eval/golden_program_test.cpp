// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/eval/golden_cases.h"
#include "tests/eval/program.h"

namespace imp::eval {
namespace {

class GoldenThroughProgram : public testing::TestWithParam<const char*> {};

TEST_P(GoldenThroughProgram, EqualsTheReference) {
  const std::vector<test::GoldenCase> cases = test::golden_cases(GetParam());
  std::string input;
  for (const test::GoldenCase& golden : cases) input += golden.input.dump() + "\n";
  const test::Outcome outcome = test::imp_eval(std::string("metric ") + GetParam(), input);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    ASSERT_LT(count, cases.size());
    EXPECT_TRUE(test::agrees(cases[count].expected, nlohmann::ordered_json::parse(line)))
        << "line " << count + 1 << ": expected " << cases[count].expected << ", got " << line;
  }
  EXPECT_EQ(count, cases.size());
}

INSTANTIATE_TEST_SUITE_P(Metrics, GoldenThroughProgram,
                         testing::Values("anls", "clustered_standard_error", "exact_match_gqa", "mme",
                                         "ocrbench", "option_letter", "pope_metrics", "relaxed_accuracy",
                                         "vqa_accuracy", "vqa_normalize", "yes_no"),
                         [](const auto& test_case) { return std::string(test_case.param); });

TEST(MetricProgram, NamesTheLineAndTheKeyThatAreWrong) {
  const test::Outcome outcome = test::imp_eval(
      "metric anls", "{\"prediction\":\"a\",\"answers\":[\"a\"]}\n{\"prediction\":1,\"answers\":[]}\n");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "<stdin>:2:1: 'prediction' is not a string; metric anls reads prediction, answers\n");
}

TEST(MetricProgram, RefusesInvalidUtf8WithItsPlace) {
  const test::Outcome outcome = test::imp_eval("metric vqa_normalize", "{\"text\":\"\xFF\"}\n");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "<stdin>:1:10: not JSON in UTF-8; one object a line is needed\n");
}

TEST(MetricProgram, RefusesWhatNoComputerCanHold) {
  for (const std::string& text : {std::string("1e999"), std::string(300'000, '['), std::string("-1e400")}) {
    const test::Outcome outcome = test::imp_eval("metric vqa_normalize", "{\"text\":" + text + "}\n");
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err.find("exception"), std::string::npos) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("<stdin>:1:1: ")) << outcome.err;
  }
}

TEST(MetricProgram, ListsTheMetricsWhenTheNameIsUnknown) {
  const test::Outcome outcome = test::imp_eval("metric bleu");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("metric 'bleu' is unknown; one of: anls, "), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace imp::eval
