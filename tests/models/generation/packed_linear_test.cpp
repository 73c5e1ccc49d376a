// SPDX-License-Identifier: Apache-2.0
#include "models/layers/packed_linear.h"

#include <gtest/gtest.h>

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
  const at::Tensor x = random_tensor({64, 50}, 3), all = layer.forward(x);
  for (int64_t first = 0; first < 20; ++first) {
    for (int64_t rows = 1; rows < 40; ++rows)
      EXPECT_TRUE(
          at::equal(layer.forward(x.slice(0, first, first + rows)), all.slice(0, first, first + rows)));
  }
}

TEST(PackedLinear, IsUsedWhereNoGradientIsAskedForAndGoesWithTheWeight) {
  Linear layer{random_tensor({8, 8}, 1), {}, {}};
  layer.pack();
  ASSERT_TRUE(layer.packed);
  const at::Tensor x = random_tensor({3, 8}, 2);
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(layer.forward(x), layer.packed->forward(x)));
  layer.adapter = LoraAdapter{random_tensor({2, 8}, 4), random_tensor({8, 2}, 5), 1.0, 0.0, 0};
  layer.merge_adapter();
  EXPECT_FALSE(layer.packed);
}

}  // namespace
}  // namespace imp::models
