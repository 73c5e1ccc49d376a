// SPDX-License-Identifier: Apache-2.0
#include "models/layers/recompute.h"

#include <gtest/gtest.h>

#include "models/lora/lora_adapter.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::ids_tensor;
using test::tiny_text_model;

struct Pass {
  at::Tensor output, grad_embeds;
  std::vector<at::Tensor> adapter_gradients;
};

/// One training pass of a LoRA model with dropout; inputs_embeds ask for a gradient or not.
Pass train_once(TextFamily family, bool recompute, bool embeds_need_gradient) {
  const auto model = tiny_text_model(family);
  attach_lora(*model, {4, 8.0, 0.3, ""}, 11);
  for (const NamedLinear& entry : model->linears()) {
    if (!entry.linear->adapter) continue;
    entry.linear->adapter->lora_A.set_requires_grad(true);
    entry.linear->adapter->lora_B.set_requires_grad(true);
  }
  model->recompute_blocks(recompute);
  at::Tensor embeds = model->embed(ids_tensor({3, 1, 4, 1, 5, 9, 2, 6, 5, 3})).detach();
  embeds.set_requires_grad(embeds_need_gradient);
  const auto layout = pack_sequences({6, 4}, {}, embeds.options());
  Pass pass;
  pass.output = model->hidden_states(embeds, layout, nullptr, ids_tensor({2, 5, 9}), 7);
  pass.output.square().sum().backward();
  if (embeds_need_gradient) pass.grad_embeds = embeds.grad();
  for (const NamedLinear& entry : model->linears()) {
    if (!entry.linear->adapter) continue;
    pass.adapter_gradients.push_back(entry.linear->adapter->lora_A.grad());
    pass.adapter_gradients.push_back(entry.linear->adapter->lora_B.grad());
  }
  return pass;
}

class RecomputedBlocks : public testing::TestWithParam<std::tuple<TextFamily, bool>> {};

TEST_P(RecomputedBlocks, GiveTheSameBitsAsKeptActivations) {
  const auto [family, embeds_need_gradient] = GetParam();
  const Pass kept = train_once(family, false, embeds_need_gradient);
  const Pass again = train_once(family, true, embeds_need_gradient);
  EXPECT_TRUE(kept.output.equal(again.output));
  if (embeds_need_gradient) {
    EXPECT_TRUE(kept.grad_embeds.equal(again.grad_embeds));
  }
  ASSERT_EQ(kept.adapter_gradients.size(), again.adapter_gradients.size());
  ASSERT_FALSE(kept.adapter_gradients.empty());
  for (size_t i = 0; i < kept.adapter_gradients.size(); ++i) {
    ASSERT_TRUE(again.adapter_gradients[i].defined()) << i;
    EXPECT_TRUE(kept.adapter_gradients[i].equal(again.adapter_gradients[i])) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, RecomputedBlocks,
                         testing::Combine(testing::Values(TextFamily::phi, TextFamily::llama),
                                          testing::Bool()));

TEST(Recomputed, RunsTheBlockOnceForwardAndOnceBackward) {
  int runs = 0;
  const at::Tensor x = test::random_tensor({2, 3}, 1).set_requires_grad(true);
  const at::Tensor y = recomputed(
      [&](const at::Tensor& hidden_states) {
        ++runs;
        return hidden_states * hidden_states;
      },
      x);
  EXPECT_EQ(runs, 1);
  y.sum().backward();
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(x.grad().equal(2 * x.detach()));
}

}  // namespace
}  // namespace imp::models
