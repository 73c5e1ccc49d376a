// SPDX-License-Identifier: Apache-2.0
// The norms of a model that is only asked, beside LibTorch's.
#include "models/layers/row_norm.h"

#include <gtest/gtest.h>

#include "models/layers/norm.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::largest_difference;
using test::random_tensor;

class RowNorms : public testing::TestWithParam<int64_t> {
 protected:
  const at::NoGradGuard no_grad_;
  const int64_t hidden_ = GetParam();
  const at::Tensor weight_ = random_tensor({hidden_}, 1), bias_ = random_tensor({hidden_}, 2);
  const at::Tensor x_ = random_tensor({9, hidden_}, 3) * 2.0 + 5.0;
};

TEST_P(RowNorms, EqualLibTorchsUpToRounding) {
  LayerNorm layer{weight_, bias_, 1e-5};
  RmsNorm rms{weight_, 1e-6};
  const at::Tensor layer_expected = layer.forward(x_), rms_expected = rms.forward(x_);
  layer.only_asked = rms.only_asked = true;
  EXPECT_LT(largest_difference(layer.forward(x_), layer_expected), 1e-5);
  EXPECT_LT(largest_difference(rms.forward(x_), rms_expected), 2e-6);
}

TEST_P(RowNorms, ARowsBitsDoNotDependOnTheOtherRows) {
  const LayerNorm layer{weight_, bias_, 1e-5, true};
  const RmsNorm rms{weight_, 1e-6, true};
  for (int64_t row = 0; row < x_.size(0); ++row) {
    const at::Tensor alone = x_.slice(0, row, row + 1);
    EXPECT_TRUE(at::equal(layer.forward(alone), layer.forward(x_).slice(0, row, row + 1)));
    EXPECT_TRUE(at::equal(rms.forward(alone), rms.forward(x_).slice(0, row, row + 1)));
  }
}

TEST_P(RowNorms, LeaveGradientsAndOtherTypesToLibTorch) {
  const LayerNorm layer{weight_.to(at::kBFloat16), bias_.to(at::kBFloat16), 1e-5, true};
  const at::Tensor x = x_.to(at::kBFloat16);
  EXPECT_TRUE(at::equal(layer.forward(x), at::layer_norm(x, {hidden_}, layer.weight, layer.bias, 1e-5)));
  const at::AutoGradMode with_gradients(true);
  const at::Tensor leaf = x_.detach().clone().requires_grad_();
  LayerNorm{weight_, bias_, 1e-5, true}.forward(leaf).sum().backward();
  EXPECT_TRUE(leaf.grad().defined());
}

INSTANTIATE_TEST_SUITE_P(Widths, RowNorms, testing::Values(1, 7, 16, 33, 192));

}  // namespace
}  // namespace imp::models
