// SPDX-License-Identifier: Apache-2.0
#include "models/layers/lora_linear.h"

#include <gtest/gtest.h>

#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::largest_difference;
using test::random_tensor;

constexpr int64_t kIn = 12, kOut = 10, kRank = 6;

/// A layer with an adapter whose B is not zero; bias or not.
Linear adapted(bool bias, double dropout = 0.0) {
  Linear layer{random_tensor({kOut, kIn}, 1), bias ? random_tensor({kOut}, 2) : at::Tensor(), {}};
  layer.adapter = LoraAdapter{random_tensor({kRank, kIn}, 3).set_requires_grad(true),
                              random_tensor({kOut, kRank}, 4).set_requires_grad(true), 0.5, dropout, 99};
  return layer;
}

/// The layer by its formula, differentiated by autograd alone, in double precision.
struct ByFormula {
  at::Tensor y, grad_x, grad_a, grad_b;
};
ByFormula by_formula(const Linear& layer, const at::Tensor& x, const at::Tensor& keep,
                     const at::Tensor& grad_y) {
  const auto leaf = [](const at::Tensor& t) { return t.detach().to(at::kDouble).set_requires_grad(true); };
  const at::Tensor wide_x = leaf(x), a = leaf(layer.adapter->lora_A), b = leaf(layer.adapter->lora_B);
  at::Tensor y = wide_x.matmul(layer.weight.to(at::kDouble).t()) +
                 layer.adapter->scaling * (wide_x * keep.to(at::kDouble)).matmul(a.t()).matmul(b.t());
  if (layer.bias.defined()) y = y + layer.bias.to(at::kDouble);
  (y * grad_y.to(at::kDouble)).sum().backward();
  return {y.detach(), wide_x.grad(), a.grad(), b.grad()};
}

class LoraLinear : public testing::TestWithParam<std::tuple<int64_t, bool>> {};

TEST_P(LoraLinear, ValuesAndGradientsAreThoseOfTheFormula) {
  const auto [tokens, bias] = GetParam();
  const Linear layer = adapted(bias);
  const at::Tensor x = random_tensor({tokens, kIn}, 5).set_requires_grad(true),
                   grad_y = random_tensor({tokens, kOut}, 6);
  const at::Tensor y = layer.forward(x, 1);
  (y * grad_y).sum().backward();
  const ByFormula expected = by_formula(layer, x, at::ones({1}), grad_y);
  EXPECT_LT(largest_difference(y, expected.y), 1e-4);
  EXPECT_LT(largest_difference(x.grad(), expected.grad_x), 1e-4);
  EXPECT_LT(largest_difference(layer.adapter->lora_A.grad(), expected.grad_a), 1e-3);
  EXPECT_LT(largest_difference(layer.adapter->lora_B.grad(), expected.grad_b), 1e-3);
}

// 3 tokens take the factored form, 60 the merged one.
INSTANTIATE_TEST_SUITE_P(BothForms, LoraLinear,
                         testing::Combine(testing::Values<int64_t>(3, 60), testing::Bool()));

TEST(LoraForm, IsTheOneWithFewerOperations) {
  EXPECT_EQ(cheaper_lora_form(3, kIn, kOut, kRank), LoraForm::factored);
  EXPECT_EQ(cheaper_lora_form(60, kIn, kOut, kRank), LoraForm::merged);
  // factored 6 N r (in + out) against merged 2 N in out + 6 r in out, counted by hand for in = out = 8, r =
  // 4: 384 N against 128 N + 1536, equal at N = 6.
  EXPECT_EQ(cheaper_lora_form(5, 8, 8, 4), LoraForm::factored);
  EXPECT_EQ(cheaper_lora_form(7, 8, 8, 4), LoraForm::merged);
  EXPECT_EQ(cheaper_lora_form(1'000'000, 2560, 2560, 8), LoraForm::factored);
}

TEST(LoraAdapterOfALayer, WithBZeroChangesNothing) {
  for (const int64_t tokens : {3, 60}) {
    Linear layer = adapted(true);
    layer.adapter->lora_B = at::zeros({kOut, kRank});
    const at::Tensor x = random_tensor({tokens, kIn}, 7);
    const at::Tensor with = layer.forward(x);
    layer.adapter.reset();
    EXPECT_LT(largest_difference(with, layer.forward(x)), 1e-6) << tokens << " tokens";
  }
}

TEST(LoraAdapterOfALayer, MergedIntoTheWeightGivesTheSame) {
  for (const bool bias : {false, true}) {
    Linear layer = adapted(bias);
    const at::Tensor x = random_tensor({9, kIn}, 8);
    const at::Tensor before = layer.forward(x);
    layer.merge_adapter();
    EXPECT_FALSE(layer.adapter.has_value());
    EXPECT_LT(largest_difference(layer.forward(x), before), 1e-4);
  }
}

TEST(LoraAdapterOfALayer, MergingLeavesTheOriginalWeightAsItWas) {
  Linear layer = adapted(false);
  const at::Tensor original = layer.weight, copy = original.clone();
  layer.merge_adapter();
  EXPECT_TRUE(at::equal(original, copy));  // it may be a view of a mapped file
}

/// What dropout kept, found out: with W = 0, A and B the identity and x one, the output is the mask.
at::Tensor mask_of(uint64_t key, uint64_t step, int64_t tokens, double dropout) {
  Linear layer{at::zeros({8, 8}), {}, LoraAdapter{at::eye(8), at::eye(8), 1.0, dropout, key}};
  return layer.forward(at::ones({tokens, 8}), step).detach();
}

TEST(LoraDropout, IsAFunctionOfKeyAndStepAlone) {
  EXPECT_TRUE(at::equal(mask_of(1, 5, 40, 0.25), mask_of(1, 5, 40, 0.25)));
  EXPECT_FALSE(at::equal(mask_of(1, 5, 40, 0.25), mask_of(1, 6, 40, 0.25)));
  EXPECT_FALSE(at::equal(mask_of(1, 5, 40, 0.25), mask_of(2, 5, 40, 0.25)));
}

TEST(LoraDropout, KeepsTheExpectationAndDropsTheShareAskedFor) {
  const at::Tensor mask = mask_of(3, 1, 2000, 0.25);
  EXPECT_NEAR((mask == 0).to(at::kFloat).mean().item<double>(), 0.25, 0.02);
  EXPECT_NEAR(mask.mean().item<double>(), 1.0, 0.03);
  EXPECT_NEAR(mask.max().item<double>(), 1.0 / 0.75, 1e-6);
}

TEST(LoraDropout, IsOffAtStepZero) {
  EXPECT_TRUE(at::equal(mask_of(3, 0, 7, 0.5), at::ones({7, 8})));
}

TEST(LoraDropout, GradientsSeeTheSameMask) {
  const Linear layer = adapted(true, 0.4);
  const int64_t tokens = 30;
  const Linear probe{at::zeros({kIn, kIn}), {}, LoraAdapter{at::eye(kIn), at::eye(kIn), 1.0, 0.4, 99}};
  const at::Tensor keep = probe.forward(at::ones({tokens, kIn}), 2).detach();
  const at::Tensor x = random_tensor({tokens, kIn}, 10).set_requires_grad(true),
                   grad_y = random_tensor({tokens, kOut}, 11);
  const at::Tensor y = layer.forward(x, 2);
  (y * grad_y).sum().backward();
  const ByFormula expected = by_formula(layer, x, keep, grad_y);
  EXPECT_LT(largest_difference(y, expected.y), 1e-4);
  EXPECT_LT(largest_difference(x.grad(), expected.grad_x), 1e-4);
  EXPECT_LT(largest_difference(layer.adapter->lora_A.grad(), expected.grad_a), 1e-3);
  EXPECT_LT(largest_difference(layer.adapter->lora_B.grad(), expected.grad_b), 1e-3);
}

TEST(LoraLinearInBfloat16, KeepsFloat32GradientsForTheMasters) {
  for (const int64_t tokens : {3, 60}) {
    Linear layer = adapted(true);
    layer.weight = layer.weight.to(at::kBFloat16);
    layer.bias = layer.bias.to(at::kBFloat16);
    const at::Tensor x = random_tensor({tokens, kIn}, 12);
    const at::Tensor y = layer.forward(x.to(at::kBFloat16), 1);
    EXPECT_EQ(y.scalar_type(), at::kBFloat16);
    const at::Tensor grad_y = random_tensor({tokens, kOut}, 13);
    (y.to(at::kFloat) * grad_y).sum().backward();
    const ByFormula expected = by_formula(layer, x, at::ones({1}), grad_y);
    EXPECT_EQ(layer.adapter->lora_A.grad().scalar_type(), at::kFloat);
    const auto relative = [](const at::Tensor& a, const at::Tensor& b) {
      return ((a - b).norm() / b.norm()).item<double>();
    };
    EXPECT_LT(relative(y.to(at::kDouble), expected.y), 2e-2);
    EXPECT_LT(relative(layer.adapter->lora_A.grad(), expected.grad_a), 2e-2);
    EXPECT_LT(relative(layer.adapter->lora_B.grad(), expected.grad_b), 2e-2);
  }
}

}  // namespace
}  // namespace imp::models
