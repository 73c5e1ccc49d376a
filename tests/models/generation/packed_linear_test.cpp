// SPDX-License-Identifier: Apache-2.0
#include "models/layers/packed_linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "models/layers/activation.h"
#include "models/layers/linear.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::largest_difference;
using test::random_tensor;

TEST(PackedLinear, EqualsTheProductUpToRounding) {
  for (const auto& [in, out] :
       {std::pair<int64_t, int64_t>{1, 1}, {16, 40}, {100, 32}, {192, 1144}, {768, 33}}) {
    const at::Tensor weight = random_tensor({out, in}, 1), bias = random_tensor({out}, 2);
    const at::Tensor x = random_tensor({31, in}, 3);
    EXPECT_LT(largest_difference(PackedLinear(weight, bias).forward(x), at::linear(x, weight, bias)), 2e-4);
    EXPECT_LT(largest_difference(PackedLinear(weight, {}).forward(x), at::linear(x, weight)), 2e-4);
  }
}

TEST(PackedLinear, ARowsBitsDoNotDependOnTheOtherRows) {
  const PackedLinear layer(random_tensor({70, 50}, 1), random_tensor({70}, 2));
  const at::Tensor x = random_tensor({64, 50}, 3), more = random_tensor({64, 70}, 4);
  const at::Tensor all = layer.forward(x), finished = layer.forward(x, Activation::gelu_tanh, more);
  for (int64_t first = 0; first < 20; ++first) {
    for (int64_t rows = 1; rows < 40; ++rows) {
      const auto part = [&](const at::Tensor& whole) { return whole.slice(0, first, first + rows); };
      EXPECT_TRUE(at::equal(layer.forward(part(x)), part(all)));
      EXPECT_TRUE(at::equal(layer.forward(part(x), Activation::gelu_tanh, part(more)), part(finished)));
    }
  }
}

TEST(PackedLinear, RowsThatDoNotFitIntoTheCacheTogetherAreTheSameToo) {
  const PackedLinear layer(random_tensor({33, 5000}, 1), {});
  const at::Tensor x = random_tensor({100, 5000}, 2), all = layer.forward(x);
  for (const int64_t row : {0, 13, 14, 50, 99})
    EXPECT_TRUE(at::equal(layer.forward(x.slice(0, row, row + 1)), all.slice(0, row, row + 1)));
}

constexpr Activation kAllActivations[] = {
    Activation::gelu,       Activation::gelu_tanh, Activation::gelu_10,      Activation::quick_gelu,
    Activation::silu,       Activation::relu,      Activation::relu2,        Activation::relu6,
    Activation::leaky_relu, Activation::sigmoid,   Activation::tanh,         Activation::mish,
    Activation::hardswish,  Activation::laplace,   Activation::sqrtsoftplus, Activation::linear};

TEST(PackedLinear, ActivatesThenAddsToWhatItComputes) {
  for (const int64_t out : {1, 16, 37, 64}) {
    const at::Tensor weight = random_tensor({out, 24}, 1), bias = random_tensor({out}, 2);
    const at::Tensor x = random_tensor({17, 24}, 3), addend = random_tensor({17, out}, 4);
    const PackedLinear layer(weight, bias);
    const at::Tensor plain = at::linear(x, weight, bias);
    EXPECT_LT(largest_difference(layer.forward(x, {}, addend), plain + addend), 2e-5);
    for (const Activation activation : kAllActivations) {
      // The square of relu2 is the steepest of them: what the sums differ by is seen some forty times larger.
      const double bound = activation == Activation::relu2 ? 8e-4 : 2e-5;
      const at::Tensor expected = activate(plain, activation);
      EXPECT_LT(largest_difference(layer.forward(x, activation), expected), bound)
          << activation_name(activation);
      EXPECT_LT(largest_difference(layer.forward(x, activation, addend), expected + addend), bound)
          << activation_name(activation);
    }
  }
}

TEST(PackedLinear, ActivationsAreTheirFormulasToTheLastBits) {
  // The product with one is exact, so that what is seen is the activation.
  const PackedLinear identity(at::ones({1, 1}), {});
  const at::Tensor x = at::linspace(-30.0, 30.0, 120'001), y = x.to(at::kDouble);
  const auto error = [&](Activation activation, const at::Tensor& expected) {
    const at::Tensor off =
        identity.forward(x.view({-1, 1}), activation).view({-1}).to(at::kDouble) - expected;
    return (off.abs() / y.abs().clamp_min(1.0)).max().item<double>();
  };
  EXPECT_LT(error(Activation::gelu, y * 0.5 * at::special_erfc(-y / std::sqrt(2.0))), 1.5e-7);
  const at::Tensor inner = std::sqrt(2.0 / M_PI) * (y + 0.044715 * y * y * y);
  EXPECT_LT(error(Activation::gelu_tanh, y * at::sigmoid(2.0 * inner)), 1.5e-7);
  EXPECT_LT(error(Activation::quick_gelu, y * at::sigmoid(1.702 * y)), 1.5e-7);
  EXPECT_LT(error(Activation::silu, y * at::sigmoid(y)), 1.5e-7);
  const float infinity = std::numeric_limits<float>::infinity();
  const at::Tensor far = at::tensor({-1e30F, 1e30F, 0.0F, infinity}).view({-1, 1});
  for (const Activation activation :
       {Activation::gelu, Activation::gelu_tanh, Activation::quick_gelu, Activation::silu}) {
    // A large negative number gives what is 2^-126 of it at most.
    EXPECT_TRUE(at::allclose(identity.forward(far, activation), far.clamp_min(0.0), 0.0, 1e-7));
    EXPECT_TRUE(identity.forward(at::full({1, 1}, NAN), activation).isnan().item<bool>());
  }
}

TEST(PackedLinear, InputsAPageApartAreReadLikeOthers) {
  const at::Tensor weight = random_tensor({40, 2048}, 1), bias = random_tensor({40}, 2);
  const at::Tensor x = random_tensor({70, 2048}, 3);
  const PackedLinear layer(weight, bias);
  EXPECT_LT(largest_difference(layer.forward(x), at::linear(x, weight, bias)), 5e-4);
  EXPECT_TRUE(at::equal(layer.forward(x.slice(0, 69)), layer.forward(x).slice(0, 69)));
}

TEST(PackedLinear, AFeedForwardInPartsHasTheBitsOfItsLayers) {
  const at::NoGradGuard no_grad;
  Linear first{
      random_tensor({7000, 24}, 1), random_tensor({7000}, 2), {}};  // so wide that 14 rows go at once
  Linear last{random_tensor({20, 7000}, 3) * 0.01, random_tensor({20}, 4), {}};
  const at::Tensor x = random_tensor({45, 24}, 5), addend = random_tensor({45, 20}, 6);
  const at::Tensor trained = feed_forward(addend, first, Activation::gelu_tanh, last, x);
  first.pack();
  last.pack();
  const at::Tensor asked = feed_forward(addend, first, Activation::gelu_tanh, last, x);
  EXPECT_TRUE(
      at::equal(asked, last.forward_added(addend, first.forward_activated(x, Activation::gelu_tanh))));
  EXPECT_LT(largest_difference(asked, trained), 1e-4);
}

TEST(PackedLinear, IsUsedWhereNoGradientIsAskedForAndGoesWithTheWeight) {
  Linear layer{random_tensor({8, 8}, 1), {}, {}};
  layer.pack();
  ASSERT_TRUE(layer.packed);
  const at::Tensor x = random_tensor({3, 8}, 2);
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(layer.forward(x), layer.packed->forward(x)));
  EXPECT_TRUE(
      at::equal(layer.forward_activated(x, Activation::silu), layer.packed->forward(x, Activation::silu)));
  EXPECT_TRUE(at::equal(layer.forward_added(x, x), layer.packed->forward(x, {}, x)));
  layer.adapter = LoraAdapter{random_tensor({2, 8}, 4), random_tensor({8, 2}, 5), 1.0, 0.0, 0};
  layer.merge_adapter();
  EXPECT_FALSE(layer.packed);
}

TEST(PackedLinear, ALayerThatIsNotPackedActivatesAndAddsAsLibTorchDoes) {
  const Linear layer{random_tensor({8, 8}, 1), {}, {}};
  const at::Tensor x = random_tensor({3, 8}, 2), y = at::linear(x, layer.weight);
  EXPECT_TRUE(at::equal(layer.forward_activated(x, Activation::gelu), at::gelu(y)));
  EXPECT_TRUE(at::equal(layer.forward_added(x, x), x + y));
}

}  // namespace
}  // namespace imp::models
