// SPDX-License-Identifier: Apache-2.0
#include "models/generation/token_choice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace imp::models {
namespace {

TEST(TokenChoice, WithoutATemperatureTheFirstOfTheLikeliestIsTaken) {
  EXPECT_EQ(TokenChoice{}.choose(std::vector<float>{0, 3, 1, 3}, 5, 7), 1);
}

TEST(TokenChoice, TokensAreDrawnAsOftenAsTheSoftmaxSays) {
  const std::vector<float> logits{1.0F, 0.0F, -1.0F, 2.0F};
  for (const double temperature : {0.5, 1.0, 3.0}) {
    std::vector<double> counts(logits.size(), 0.0), expected;
    double sum = 0.0;
    for (const float logit : logits) sum += expected.emplace_back(std::exp(logit / temperature));
    constexpr int kDraws = 40'000;
    for (int i = 0; i < kDraws; ++i)
      ++counts[static_cast<size_t>(TokenChoice{temperature, 11}.choose(logits, 3, static_cast<uint64_t>(i)))];
    for (size_t id = 0; id < logits.size(); ++id) {
      const double p = expected[id] / sum;
      EXPECT_NEAR(counts[id] / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws))
          << "temperature " << temperature;
    }
  }
}

}  // namespace
}  // namespace imp::models
