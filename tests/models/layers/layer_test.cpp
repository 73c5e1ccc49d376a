// SPDX-License-Identifier: Apache-2.0
// Rotary embedding, norms and activations against their formulas, a number at a time.
#include <gtest/gtest.h>

#include <cmath>

#include "models/layers/activation.h"
#include "models/layers/norm.h"
#include "models/layers/rotary_embedding.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::ids_tensor;
using test::largest_difference;
using test::random_tensor;

TEST(RotaryEmbedding, PositionZeroChangesNothing) {
  const at::Tensor x = random_tensor({1, 2, 8}, 1);
  const RotaryAngles angles = rotary_angles(ids_tensor({0}), plain_frequencies(8, 10000.0), x.options());
  EXPECT_TRUE(at::equal(apply_rotary(x, angles), x));
}

TEST(RotaryEmbedding, TurnsEachPairByPositionTimesItsFrequency) {
  const int64_t dim = 6, rotary = 4;
  const double theta = 100.0;
  const std::vector<int64_t> positions{3, 0, 11};
  const at::Tensor x = random_tensor({3, 2, dim}, 2);
  const at::Tensor y =
      apply_rotary(x, rotary_angles(ids_tensor(positions), plain_frequencies(rotary, theta), x.options()));
  for (int64_t t = 0; t < 3; ++t) {
    for (int64_t head = 0; head < 2; ++head) {
      for (int64_t i = 0; i < rotary / 2; ++i) {
        const double angle = static_cast<double>(positions[static_cast<size_t>(t)]) *
                             std::pow(theta, -2.0 * static_cast<double>(i) / rotary);
        const double a = x[t][head][i].item<double>(), b = x[t][head][i + rotary / 2].item<double>();
        EXPECT_NEAR(y[t][head][i].item<double>(), a * std::cos(angle) - b * std::sin(angle), 1e-5);
        EXPECT_NEAR(y[t][head][i + rotary / 2].item<double>(), a * std::sin(angle) + b * std::cos(angle),
                    1e-5);
      }
      for (int64_t i = rotary; i < dim; ++i)
        EXPECT_EQ(y[t][head][i].item<float>(), x[t][head][i].item<float>());
    }
  }
}

TEST(RotaryEmbedding, OneTokenIsTurnedAsTheWholeTensorIs) {
  for (const auto& [dim, rotary] : {std::pair<int64_t, int64_t>{6, 4}, {32, 16}, {26, 26}, {8, 2}}) {
    const at::Tensor x = random_tensor({3, 2, dim}, 2);
    const RotaryAngles angles =
        rotary_angles(ids_tensor({3, 0, 11}), plain_frequencies(rotary, 100.0), x.options());
    at::Tensor y = at::empty_like(x);
    for (int64_t t = 0; t < 3; ++t) {
      rotate_token(x[t].const_data_ptr<float>(), 2, dim, angles.cos[t].const_data_ptr<float>(),
                   angles.sin[t].const_data_ptr<float>(), rotary / 2, y[t].mutable_data_ptr<float>());
    }
    EXPECT_LT(largest_difference(y, apply_rotary(x, angles)), 1e-6);
  }
}

TEST(RotaryEmbedding, GradientIsThatOfTheFormula) {
  const RotaryAngles angles =
      rotary_angles(ids_tensor({5, 2}), plain_frequencies(4, 10000.0), at::TensorOptions(at::kFloat));
  const at::Tensor x = random_tensor({2, 3, 6}, 3).set_requires_grad(true),
                   weight = random_tensor({2, 3, 6}, 4);
  (apply_rotary(x, angles) * weight).sum().backward();
  const at::Tensor z = x.detach().clone().set_requires_grad(true);
  const at::Tensor a = z.slice(-1, 0, 2), b = z.slice(-1, 2, 4);
  const at::Tensor plain =
      at::cat({a * angles.cos - b * angles.sin, b * angles.cos + a * angles.sin, z.slice(-1, 4)}, -1);
  (plain * weight).sum().backward();
  EXPECT_LT(largest_difference(x.grad(), z.grad()), 1e-6);
}

TEST(Norms, LayerNormIsItsFormula) {
  const LayerNorm norm{random_tensor({5}, 5), random_tensor({5}, 6), 1e-2};
  const at::Tensor x = random_tensor({2, 5}, 7), y = norm.forward(x);
  for (int64_t row = 0; row < 2; ++row) {
    double mean = 0.0, variance = 0.0;
    for (int64_t i = 0; i < 5; ++i) mean += x[row][i].item<double>() / 5;
    for (int64_t i = 0; i < 5; ++i) variance += std::pow(x[row][i].item<double>() - mean, 2) / 5;
    for (int64_t i = 0; i < 5; ++i) {
      const double expected =
          (x[row][i].item<double>() - mean) / std::sqrt(variance + 1e-2) * norm.weight[i].item<double>() +
          norm.bias[i].item<double>();
      EXPECT_NEAR(y[row][i].item<double>(), expected, 1e-5);
    }
  }
}

TEST(Norms, RmsNormIsItsFormula) {
  const RmsNorm norm{random_tensor({5}, 8), 1e-2};
  const at::Tensor x = random_tensor({2, 5}, 9), y = norm.forward(x);
  for (int64_t row = 0; row < 2; ++row) {
    double square = 0.0;
    for (int64_t i = 0; i < 5; ++i) square += std::pow(x[row][i].item<double>(), 2) / 5;
    for (int64_t i = 0; i < 5; ++i) {
      EXPECT_NEAR(y[row][i].item<double>(),
                  x[row][i].item<double>() / std::sqrt(square + 1e-2) * norm.weight[i].item<double>(), 1e-5);
    }
  }
}

TEST(Activations, AreTheirFormulas) {
  for (const double x : {-3.0, -0.5, 0.0, 0.7, 2.0}) {
    const at::Tensor at_x = at::full({1}, x, at::kFloat);
    const auto value = [&](Activation activation) { return activate(at_x, activation).item<double>(); };
    EXPECT_NEAR(value(Activation::gelu), 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))), 1e-6);
    EXPECT_NEAR(value(Activation::gelu_tanh),
                0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))), 1e-6);
    EXPECT_NEAR(value(Activation::quick_gelu), x / (1 + std::exp(-1.702 * x)), 1e-6);
    EXPECT_NEAR(value(Activation::silu), x / (1 + std::exp(-x)), 1e-6);
  }
}

}  // namespace
}  // namespace imp::models
