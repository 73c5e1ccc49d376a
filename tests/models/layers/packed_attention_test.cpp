// SPDX-License-Identifier: Apache-2.0
// The GPU's way through attention (spans over packed rows, one product for queries, keys and values, rotation
// in place), run on the CPU with ATen's operators, against the CPU's way over a grid.
#include <gtest/gtest.h>

#include "models/layers/joint_linear.h"
#include "models/layers/rotary_attention.h"
#include "models/lora/lora_adapter.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::largest_difference;
using test::random_tensor;

struct Rows {
  std::vector<int64_t> lengths;
  std::vector<std::vector<int32_t>> turns;
};

const std::vector<Rows> kRows{
    {{5}, {}},
    {{3, 7, 1, 4}, {}},
    {{6, 9}, {{0, 0, 1, 1, 2, 2}, {0, 0, 0, 1, 2, 2, 3, 3, 3}}},
    {{4, 3}, {{1, 1, 2, 2}, {0, 0, 0}}},
};

int64_t total(const Rows& rows) {
  int64_t sum = 0;
  for (const int64_t length : rows.lengths) sum += length;
  return sum;
}

/// Hidden states and the gradients of inputs and adapters.
struct Result {
  at::Tensor hidden, grad_x;
  std::vector<at::Tensor> grad_adapters;
};

Result run(TextModel& model, const Rows& rows, bool packed, bool recompute) {
  model.recompute_blocks(recompute);
  const at::Tensor x = random_tensor({total(rows), model.config().hidden_size}, 11).set_requires_grad(true);
  SequenceLayout layout = pack_sequences(rows.lengths, rows.turns, x.options());
  if (packed) {
    layout.spans = attention_spans(rows.lengths, rows.turns, at::kCPU);
    layout.slots = layout.mask = at::Tensor();
  }
  visit_adapter(model, [](const std::string&, at::Tensor& tensor) {
    tensor = tensor.detach().set_requires_grad(true);
  });
  const at::Tensor selected = test::ids_tensor({0, total(rows) - 1});
  const at::Tensor hidden = model.hidden_states(x, layout, nullptr, selected, 0);
  (hidden * random_tensor(hidden.sizes().vec(), 12)).sum().backward();
  Result result{hidden.detach(), x.grad(), {}};
  visit_adapter(
      model, [&](const std::string&, at::Tensor& tensor) { result.grad_adapters.push_back(tensor.grad()); });
  return result;
}

class PackedAttention : public testing::TestWithParam<std::tuple<TextFamily, size_t, bool>> {};

TEST_P(PackedAttention, GivesTheGridsValuesAndGradients) {
  const auto [family, which, recompute] = GetParam();
  const auto model = test::tiny_text_model(family);
  attach_lora(*model, {3, 6.0, 0.0, ""}, 5);
  uint64_t seed = 20;  // B begins with zeros, which would hide mistakes
  visit_adapter(*model, [&](const std::string&, at::Tensor& tensor) {
    tensor = random_tensor(tensor.sizes().vec(), seed++) * 0.3;
  });
  const Result grid = run(*model, kRows[which], false, false);
  model->join_projections();
  const Result packed = run(*model, kRows[which], true, recompute);
  EXPECT_LT(largest_difference(grid.hidden, packed.hidden), 2e-5);
  EXPECT_LT(largest_difference(grid.grad_x, packed.grad_x), 2e-4);
  ASSERT_EQ(grid.grad_adapters.size(), packed.grad_adapters.size());
  for (size_t i = 0; i < grid.grad_adapters.size(); ++i) {
    EXPECT_GT(grid.grad_adapters[i].abs().max().item<double>(), 0.0);
    EXPECT_LT(largest_difference(grid.grad_adapters[i], packed.grad_adapters[i]), 1e-3) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, PackedAttention,
                         testing::Combine(testing::Values(TextFamily::phi, TextFamily::llama),
                                          testing::Range<size_t>(0, kRows.size()), testing::Bool()));

TEST_P(PackedAttention, FillingTheShapeChangesNoValueAndNoGradient) {
  const auto [family, which, recompute] = GetParam();
  const Rows& rows = kRows[which];
  const auto model = test::tiny_text_model(family);
  model->recompute_blocks(recompute);
  const int64_t count = total(rows), filled = count + 9;
  const at::Tensor all = random_tensor({filled, model->config().hidden_size}, 11);
  const at::Tensor selected = test::ids_tensor({0, count - 1});
  const auto pass = [&](const at::Tensor& x, const PackedFilling& filling) {
    const SequenceLayout layout = pack_sequences(rows.lengths, rows.turns, at::kCPU, filling);
    const at::Tensor hidden = model->hidden_states(x, layout, nullptr, selected);
    (hidden * random_tensor(hidden.sizes().vec(), 12)).sum().backward();
    return hidden.detach();
  };
  const at::Tensor x = all.slice(0, 0, count).clone().set_requires_grad(true),
                   with_filling = all.clone().set_requires_grad(true);
  EXPECT_LT(largest_difference(pass(x, {}), pass(with_filling, {filled, 4})), 1e-5);
  EXPECT_LT(largest_difference(x.grad(), with_filling.grad().slice(0, 0, count)), 1e-5);
  EXPECT_EQ(with_filling.grad().slice(0, count).abs().max().item<double>(), 0.0);
}

TEST(AttentionSpans, ALastQuerySeesAllKeysAndEachBeforeItOneLess) {
  AttentionSpans spans;
  spans.add(2, 5);
  const at::Tensor query = random_tensor({2, 1, 4}, 1), key = random_tensor({5, 1, 4}, 2),
                   value = random_tensor({5, 1, 4}, 3);
  const at::Tensor out = variable_length_attention(query, key, value, spans);
  for (int64_t q = 0; q < 2; ++q) {
    const at::Tensor seen = key.slice(0, 0, 4 + q).squeeze(1);
    const at::Tensor weights = at::softmax(seen.matmul(query[q][0]) / 2.0, 0);
    EXPECT_LT(largest_difference(out[q][0], weights.matmul(value.slice(0, 0, 4 + q).squeeze(1))), 1e-6);
  }
}

TEST(JointLinear, ViewsOfOneTensorAreOneProduct) {
  Linear a{random_tensor({3, 4}, 1), random_tensor({3}, 2), {}},
      b{random_tensor({5, 4}, 3), random_tensor({5}, 4), {}};
  const at::Tensor x = random_tensor({6, 4}, 5), apart = at::cat({a.forward(x), b.forward(x)}, 1);
  const Linear* const layers[] = {&a, &b};
  EXPECT_FALSE(joint_forward(layers, x, 0)) << "their weights lie apart";
  Linear* const changed[] = {&a, &b};
  lay_together(changed);
  ASSERT_TRUE(joint_forward(layers, x, 0));
  EXPECT_LT(largest_difference(*joint_forward(layers, x, 0), apart), 1e-5);
  a.weight = a.weight.clone();
  EXPECT_FALSE(joint_forward(layers, x, 0)) << "one was put elsewhere";
}

TEST(JointLinear, OneAdapterOrDropoutAloneIsLeftToTheLayers) {
  Linear a{random_tensor({3, 4}, 1), {}, {}}, b{random_tensor({3, 4}, 2), {}, {}};
  Linear* const changed[] = {&a, &b};
  lay_together(changed);
  const Linear* const layers[] = {&a, &b};
  const at::Tensor x = random_tensor({2, 4}, 3);
  a.adapter = LoraAdapter{random_tensor({2, 4}, 4), random_tensor({3, 2}, 5), 1.0, 0.5, 1};
  EXPECT_FALSE(joint_forward(layers, x, 0));
  b.adapter = a.adapter;
  EXPECT_TRUE(joint_forward(layers, x, 0)) << "no step, no dropout";
  EXPECT_FALSE(joint_forward(layers, x, 7));
}

}  // namespace
}  // namespace imp::models
