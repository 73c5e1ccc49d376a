// SPDX-License-Identifier: Apache-2.0
// The formulas of answering and of image features against the products that LibTorch runs. imp's own kernels
// do the same products where weights are packed, which LibTorch cannot see; so weights are left unpacked
// here.
#include <gtest/gtest.h>

#include "models/generation/generator.h"
#include "models/llava/projector.h"
#include "models/vision/vision_tower.h"
#include "tests/models/generation/prompt_groups.h"
#include "tests/models/product_counter.h"

namespace imp::models {
namespace {

using test::Ids;
using test::ProductCounter;
using test::random_tensor;
using test::tiny_text_model;
using test::up_to;

class ForwardFlops : public testing::TestWithParam<TextFamily> {
 protected:
  const at::NoGradGuard no_grad_;
  const std::vector<PromptGroup> groups_{
      {{1, 2, 3}, {}, {{4}, {5, 6, 7}}}, {{9}, {}, {{8, 7}}}, {{1, 2, 3, 4, 5}, {}, {{6, 6}, {3}}}};
  static constexpr int64_t kAnswer = 4;
};

TEST_P(ForwardFlops, OfAnswersAreThoseOfTheProductsThatRun) {
  const auto model = tiny_text_model(GetParam());
  // Only float32 weights are packed.
  model->visit_parameters([](const std::string&, at::Tensor& tensor) { tensor = tensor.to(at::kBFloat16); });
  GenerationStatistics made;
  const ProductCounter counter;
  (void)generate(*model, groups_, up_to(kAnswer), &made);
  TextPass linear = made.work;
  linear.pairs = linear.last_pairs = 0;
  EXPECT_EQ(counter.attention_flops(), 0.0) << "attention over pages is imp's own";
  EXPECT_DOUBLE_EQ(forward_flops(model->config(), linear), counter.flops());
}

TEST_P(ForwardFlops, OfAttentionAreOfEachTokenAndThoseThatItSees) {
  const auto model = tiny_text_model(GetParam());
  GenerationStatistics made;
  const std::vector<Ids> answers = generate(*model, groups_, up_to(kAnswer), &made);
  int64_t pairs = 0, last = 0, question = 0;
  for (const PromptGroup& group : groups_) {
    const auto prefix = static_cast<int64_t>(group.prefix_ids.size());
    for (int64_t i = 0; i < prefix; ++i) pairs += i + 1;
    for (const Ids& tail : group.tails) {
      const auto prompt = prefix + static_cast<int64_t>(tail.size());
      // The last token of an answer is not fed again.
      const auto answer = static_cast<int64_t>(answers[static_cast<size_t>(question++)].size());
      ASSERT_EQ(answer, kAnswer);
      for (int64_t i = prefix; i < prompt + answer - 1; ++i) {
        pairs += i + 1;
        if (i >= prompt - 1) last += i + 1;
      }
    }
  }
  EXPECT_EQ(made.work.pairs, pairs);
  EXPECT_EQ(made.work.last_pairs, last);
  const TextConfig& text = model->config();
  const TextPass attention{.pairs = 10, .last_pairs = 100};
  EXPECT_DOUBLE_EQ(forward_flops(text, attention),
                   4.0 * text.num_attention_heads * text.head_dim * (2 * 10 + 100));
}

TEST_P(ForwardFlops, OfWhatPhiLooksUpAreNone) {
  const auto model = tiny_text_model(GetParam());
  GenerationStatistics made;
  (void)generate(*model, groups_, up_to(kAnswer), &made);
  const TextConfig& text = model->config();
  TextPass computed = made.work;
  computed.looked_up = 0;
  const double saved = forward_flops(text, computed) - forward_flops(text, made.work);
  const bool phi = GetParam() == TextFamily::phi;
  EXPECT_EQ(made.work.looked_up, phi ? made.work.tokens : 0);  // no prompt has a picture
  const int64_t width = 3 * text.num_attention_heads * text.head_dim + 2 * text.intermediate_size;
  EXPECT_DOUBLE_EQ(saved, phi ? 2.0 * static_cast<double>(made.work.tokens * text.hidden_size * width) : 0.0);
}

INSTANTIATE_TEST_SUITE_P(Families, ForwardFlops, testing::Values(TextFamily::phi, TextFamily::llama),
                         [](const auto& of) { return of.param == TextFamily::phi ? "Phi" : "Llama"; });

TEST(VisionFlops, AreThoseOfTheProductsThatRun) {
  const at::NoGradGuard no_grad;
  for (const VisionFamily family : {VisionFamily::siglip, VisionFamily::clip, VisionFamily::vit}) {
    VisionConfig config;
    config.family = family;
    config.hidden_size = 16;
    config.intermediate_size = 24;
    config.num_hidden_layers = 4;
    config.num_attention_heads = 2;
    config.image_size = 14;
    config.patch_size = 4;  // a remainder
    RandomSource weights(3, 0.3);
    const VisionTower tower(config, weights);
    for (const std::vector<int64_t>& layers : {std::vector<int64_t>{-2}, std::vector<int64_t>{1, -1}}) {
      const FeatureSelection selection{layers, config.has_class_token()};
      const ProductCounter counter;
      (void)tower.features(random_tensor({2, 3, 14, 14}, 9), selection);
      EXPECT_DOUBLE_EQ(vision_flops(config, selection, 2), counter.flops());
    }
  }
}

TEST(ProjectorFlops, AreThoseOfTheProductsThatRun) {
  const at::NoGradGuard no_grad;
  const Projector projector = make_projector(6, 16, 3);
  const ProductCounter counter;
  (void)projector.forward(random_tensor({2, 5, 6}, 4));
  EXPECT_DOUBLE_EQ(projector_flops(6, 16, 10), counter.flops());
}

}  // namespace
}  // namespace imp::models
