// SPDX-License-Identifier: Apache-2.0
#include "models/layers/rope_frequencies.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::ids_tensor;
using test::random_tensor;

TextConfig with(RopeType type) {
  TextConfig config;
  config.head_dim = 128;
  config.max_position_embeddings = 8192;
  config.rope_theta = 500000.0;
  config.rope_scaling.type = type;
  config.rope_scaling.factor = 8.0;
  config.rope_scaling.original_max_position_embeddings = 8192;
  return config;
}

/// The ratio to the plain frequency of each pair.
std::vector<double> kept(const TextConfig& config) {
  const at::Tensor ratio =
      rope_frequencies(config).inverse / plain_frequencies(config.rotary_dim(), config.rope_theta).inverse;
  const at::Tensor wide = ratio.to(at::kDouble);
  return {wide.const_data_ptr<double>(), wide.const_data_ptr<double>() + wide.numel()};
}

TEST(RopeFrequencies, LinearScalingSlowsEveryPairAlike) {
  for (const double ratio : kept(with(RopeType::linear))) EXPECT_NEAR(ratio, 1.0 / 8, 1e-6);
}

TEST(RopeFrequencies, DynamicScalingIsNoneWithinThePositions) {
  for (const double ratio : kept(with(RopeType::dynamic))) EXPECT_EQ(ratio, 1.0);
  EXPECT_EQ(with(RopeType::dynamic).first_rescaled_position(), 8192);
  EXPECT_FALSE(with(RopeType::linear).first_rescaled_position().has_value());
}

/// Llama 3.1: a pair that turns more than four times within the original positions is kept, one that turns
/// less than once is slowed by the factor.
TEST(RopeFrequencies, Llama3KeepsShortWavesAndStretchesLongOnes) {
  const TextConfig config = with(RopeType::llama3);
  const std::vector<double> ratios = kept(config);
  for (size_t i = 0; i < ratios.size(); ++i) {
    const double turns = 8192 * std::pow(500000.0, -2.0 * static_cast<double>(i) / 128) / (2 * M_PI);
    const double place = std::min(1.0, std::max(0.0, (turns - 1.0) / 3.0));
    EXPECT_NEAR(ratios[i], place + (1 - place) / 8, 1e-5) << turns << " turns";
  }
  EXPECT_EQ(ratios.front(), 1.0);
  EXPECT_NEAR(ratios.back(), 1.0 / 8, 1e-6);
}

TEST(RopeFrequencies, YarnGoesFromKeptToStretchedOnARamp) {
  const std::vector<double> ratios = kept(with(RopeType::yarn));
  EXPECT_NEAR(ratios.front(), 1.0, 1e-6);
  EXPECT_NEAR(ratios.back(), 1.0 / 8, 1e-6);
  EXPECT_TRUE(std::is_sorted(ratios.rbegin(), ratios.rend()));
  EXPECT_NEAR(ratios[26], 1 - 7.0 / 8 * (26 - 18) / (35 - 18.0),
              1e-5);  // 32 turns at pair 18.09, one at 34.98
}

TEST(RopeFrequencies, AnAmplitudeScalesWhatIsTurnedAndItsGradient) {
  RopeFrequencies frequencies = plain_frequencies(4, 100.0);
  const at::Tensor x = random_tensor({2, 1, 4}, 1);
  const at::Tensor plain = apply_rotary(x, rotary_angles(ids_tensor({3, 7}), frequencies, x.options()));
  frequencies.amplitude = 1.5;
  const at::Tensor traced = x.clone().set_requires_grad(true);
  const at::Tensor scaled = apply_rotary(traced, rotary_angles(ids_tensor({3, 7}), frequencies, x.options()));
  EXPECT_LT(test::largest_difference(scaled, plain * 1.5), 1e-6);
  (scaled * scaled.detach()).sum().backward();  // the gradient of |y|^2 / 2 is 1.5^2 x
  EXPECT_LT(test::largest_difference(traced.grad(), x * 2.25), 1e-5);
}

}  // namespace
}  // namespace imp::models
