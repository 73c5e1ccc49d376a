// SPDX-License-Identifier: Apache-2.0
#include "models/generation/option_likelihood.h"

#include <gtest/gtest.h>

#include "models/io/error.h"
#include "tests/models/generation/prompt_groups.h"

namespace imp::models {
namespace {

using test::Ids;
using test::joined;
using test::next_log_probs;

class OptionLikelihood : public testing::TestWithParam<TextFamily> {
 protected:
  const at::NoGradGuard no_grad_;
  const std::unique_ptr<TextModel> model_ = test::tiny_text_model(GetParam());
};

TEST_P(OptionLikelihood, IsTheSumOfTheTokensLogProbabilities) {
  const PromptGroup group{{1, 2, 3}, {}, {{4}, {5, 6, 7}}};
  const std::vector<std::vector<Ids>> options{{{8}, {9, 10}, {11, 12, 13}}, {{1, 1}, {2}}};
  const auto scores = option_log_likelihoods(*model_, group, options, {});
  ASSERT_EQ(scores.size(), 2U);
  for (size_t q = 0; q < 2; ++q) {
    ASSERT_EQ(scores[q].size(), options[q].size());
    for (size_t o = 0; o < options[q].size(); ++o) {
      Ids ids = joined(group.prefix_ids, group.tails[q]);
      double expected = 0.0;
      for (const int64_t token : options[q][o]) {
        expected += next_log_probs(*model_, ids)[token].item<float>();
        ids.push_back(token);
      }
      EXPECT_NEAR(scores[q][o], expected, 1e-4);
    }
  }
}

TEST_P(OptionLikelihood, AnEmptyOptionIsRefused) {
  EXPECT_THROW((void)option_log_likelihoods(*model_, {{1}, {}, {{4}}}, {{{}}}, {}), Error);
}

INSTANTIATE_TEST_SUITE_P(Families, OptionLikelihood, testing::Values(TextFamily::phi, TextFamily::llama));

}  // namespace
}  // namespace imp::models
