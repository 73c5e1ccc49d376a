// SPDX-License-Identifier: Apache-2.0
#include "harness/train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/layers/tiny_models.h"

namespace imp::harness {
namespace {

using models::test::random_tensor;

NamedParameter parameter(const std::string& name, std::vector<int64_t> shape, uint64_t seed) {
  return {name, random_tensor(std::move(shape), seed).set_requires_grad(true)};
}

/// AdamW of one number, in double precision, as torch.optim.AdamW's documentation writes it.
struct ScalarAdamW {
  double theta, m = 0.0, v = 0.0;
  int t = 0;
  void step(double gradient, double rate, double decay) {
    ++t;
    theta -= rate * decay * theta;
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient * gradient;
    theta -= rate * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
  }
};

TEST(AdamW, IsTheScalarFormulaForEveryGroup) {
  ParameterGroup fast, slow;
  fast.parameters = {parameter("a", {3, 4}, 1)};
  slow.parameters = {parameter("b", {5}, 2)};
  fast.learning_rate = 0.1;
  slow.learning_rate = 0.01;
  slow.weight_decay = 0.3;
  std::vector<ScalarAdamW> expected_a, expected_b;
  for (int64_t i = 0; i < 12; ++i)
    expected_a.push_back({fast.parameters[0].tensor.flatten()[i].item<double>()});
  for (int64_t i = 0; i < 5; ++i) expected_b.push_back({slow.parameters[0].tensor[i].item<double>()});
  Optimizer optimizer({fast, slow});
  for (int step = 0; step < 6; ++step) {
    const double factor = 1.0 / (1 + step);
    const at::Tensor grad_a = random_tensor({3, 4}, 100 + static_cast<uint64_t>(step)),
                     grad_b = random_tensor({5}, 200 + static_cast<uint64_t>(step));
    fast.parameters[0].tensor.mutable_grad() = grad_a;
    slow.parameters[0].tensor.mutable_grad() = grad_b;
    optimizer.step(factor);
    for (int64_t i = 0; i < 12; ++i)
      expected_a[static_cast<size_t>(i)].step(grad_a.flatten()[i].item<double>(), 0.1 * factor, 0.0);
    for (int64_t i = 0; i < 5; ++i)
      expected_b[static_cast<size_t>(i)].step(grad_b[i].item<double>(), 0.01 * factor, 0.3);
  }
  const at::Tensor a = fast.parameters[0].tensor.detach().flatten(), b = slow.parameters[0].tensor.detach();
  for (int64_t i = 0; i < 12; ++i)
    EXPECT_NEAR(a[i].item<double>(), expected_a[static_cast<size_t>(i)].theta, 1e-5);
  for (int64_t i = 0; i < 5; ++i)
    EXPECT_NEAR(b[i].item<double>(), expected_b[static_cast<size_t>(i)].theta, 1e-6);
}

TEST(AdamW, LeavesAParameterWithoutAGradientAlone) {
  ParameterGroup group;
  group.parameters = {parameter("used", {2}, 1), parameter("unused", {2}, 2)};
  group.learning_rate = 0.1;
  group.weight_decay = 0.5;
  const at::Tensor before = group.parameters[1].tensor.detach().clone();
  Optimizer optimizer({group});
  group.parameters[0].tensor.mutable_grad() = at::ones({2});
  optimizer.step(1.0);
  EXPECT_TRUE(at::equal(group.parameters[1].tensor.detach(), before));
}

TEST(Muon, MovesAlongTheNearestOrthogonalMatrix) {
  ParameterGroup group;
  group.optimizer = OptimizerKind::muon;
  group.learning_rate = 1.0;
  group.parameters = {{"w", at::zeros({6, 4}).set_requires_grad(true)}};
  Optimizer optimizer({group});
  const at::Tensor gradient = random_tensor({6, 4}, 3);
  group.parameters[0].tensor.mutable_grad() = gradient.clone();
  optimizer.step(1.0);
  const at::Tensor update = -group.parameters[0].tensor.detach() / (0.2 * std::sqrt(6.0));
  const auto [u, s, v] = at::linalg_svd(update, false);
  // Newton-Schulz' five steps bring every singular value near 1 (Jordan et al.: 0.7 to 1.2).
  EXPECT_GT(s.min().item<double>(), 0.6);
  EXPECT_LT(s.max().item<double>(), 1.3);
  const auto [gu, gs, gv] = at::linalg_svd(gradient, false);
  const at::Tensor nearest = gu.matmul(gv);
  EXPECT_GT(((update * nearest).sum() / (update.norm() * nearest.norm())).item<double>(), 0.97);
}

TEST(Clipping, ScalesAllGroupsByTheirJointNorm) {
  ParameterGroup one, two;
  one.parameters = {{"a", at::zeros({2}).set_requires_grad(true)}};
  two.parameters = {{"b", at::zeros({1}).set_requires_grad(true)},
                    {"c", at::zeros({1}).set_requires_grad(true)}};
  Optimizer optimizer({one, two});
  const auto set = [&] {
    one.parameters[0].tensor.mutable_grad() = at::tensor({3.0F, 4.0F});
    two.parameters[0].tensor.mutable_grad() = at::tensor({12.0F});
  };
  set();
  EXPECT_NEAR(optimizer.clip_gradients(6.5), 13.0, 1e-6);
  EXPECT_NEAR(one.parameters[0].tensor.grad()[1].item<double>(), 2.0, 1e-6);
  EXPECT_NEAR(two.parameters[0].tensor.grad()[0].item<double>(), 6.0, 1e-6);
  set();
  EXPECT_NEAR(optimizer.clip_gradients(14.0), 13.0, 1e-6);
  EXPECT_EQ(two.parameters[0].tensor.grad()[0].item<float>(), 12.0F);
  set();
  EXPECT_NEAR(optimizer.clip_gradients(0.0), 13.0, 1e-6);  // off
  EXPECT_EQ(two.parameters[0].tensor.grad()[0].item<float>(), 12.0F);
}

TEST(Optimizer, CountsWhatItTrains) {
  ParameterGroup group;
  group.parameters = {parameter("a", {3, 4}, 1), parameter("b", {5}, 2)};
  EXPECT_EQ(Optimizer({group}).num_elements(), 17);
}

}  // namespace
}  // namespace imp::harness
