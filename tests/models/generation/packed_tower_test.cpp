// SPDX-License-Identifier: Apache-2.0
// A vision tower that is only asked: its attention, and all of it beside the tower as it is trained.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "models/vision/picture_attention.h"
#include "models/vision/vision_tower.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::largest_difference;
using test::random_tensor;

TEST(PictureAttention, EqualsLibTorchsUpToRounding) {
  for (const int64_t tokens : {1, 5, 16, 49, 65}) {
    for (const auto& [heads, dim] : {std::pair<int64_t, int64_t>{1, 4}, {4, 32}, {2, 72}, {3, 20}}) {
      const int64_t pictures = 3, width = heads * dim;
      const at::Tensor query = random_tensor({pictures * tokens, width}, 1),
                       key = random_tensor({pictures * tokens, width}, 2),
                       value = random_tensor({pictures * tokens, width}, 3);
      const auto heads_of = [&, h = heads, d = dim](const at::Tensor& x) {
        return x.view({pictures, tokens, h, d}).transpose(1, 2);
      };
      const at::Tensor expected =
          at::scaled_dot_product_attention(heads_of(query), heads_of(key), heads_of(value))
              .transpose(1, 2)
              .reshape({pictures * tokens, width});
      EXPECT_LT(largest_difference(picture_attention(query, key, value, pictures, heads), expected), 2e-6)
          << tokens << " tokens, " << heads << " heads of " << dim;
    }
  }
}

class PackedTower : public testing::TestWithParam<VisionFamily> {
 protected:
  static VisionTower tower() {
    VisionConfig config;
    config.family = GetParam();
    config.hidden_size = 24;
    config.intermediate_size = 40;
    config.num_hidden_layers = 3;
    config.num_attention_heads = 2;
    config.image_size = 22;
    config.patch_size = 4;
    config.hidden_act = GetParam() == VisionFamily::siglip ? Activation::gelu_tanh
                        : GetParam() == VisionFamily::clip ? Activation::quick_gelu
                                                           : Activation::gelu;
    RandomSource weights(3, 0.3);
    return {config, weights};
  }

  const at::NoGradGuard no_grad_;
  const at::Tensor pictures_ = random_tensor({7, 3, 22, 22}, 5);
};

TEST_P(PackedTower, SeesWhatTheTrainedOneSees) {
  VisionTower packed = tower();
  packed.pack();
  const at::Tensor expected = tower().features(pictures_, {{-2, 1}, true});
  EXPECT_LT(largest_difference(packed.features(pictures_, {{-2, 1}, true}), expected), 5e-5);
}

TEST_P(PackedTower, APicturesBitsDoNotDependOnThoseBeside) {
  at::set_num_threads(1);
  VisionTower packed = tower();
  packed.pack();
  const at::Tensor all = packed.features(pictures_, {{-1}, false});
  for (int64_t first = 0; first < 7; ++first) {
    for (int64_t end = first + 1; end <= 7; ++end)
      EXPECT_TRUE(at::equal(packed.features(pictures_.slice(0, first, end), {{-1}, false}),
                            all.slice(0, first, end)));
  }
}

INSTANTIATE_TEST_SUITE_P(Families, PackedTower,
                         testing::Values(VisionFamily::siglip, VisionFamily::clip, VisionFamily::vit));

}  // namespace
}  // namespace imp::models
