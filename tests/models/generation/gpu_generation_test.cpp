// SPDX-License-Identifier: Apache-2.0
// Generation on a GPU against that on the CPU; skips itself where there is none.
#include <gtest/gtest.h>

#include <memory>

#include "models/device/compute_device.h"
#include "models/device/gpu_probe.h"
#include "models/generation/beam_search.h"
#include "models/generation/option_likelihood.h"
#include "models/generation/paged_attention.h"
#include "models/generation/tensor_attention.h"
#include "tests/models/generation/prompt_groups.h"

namespace imp::models {
namespace {

using test::Ids;
using test::largest_difference;
using test::random_groups;
using test::random_tensor;

class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!probe_gpu().gpu) GTEST_SKIP() << probe_gpu().missing;
    device_ = resolve_device("cuda");
  }
  at::Device device_ = at::kCPU;
  const at::NoGradGuard no_grad_;
};

/// Outputs of a picture's prefix with three questions, each of which goes on by single tokens, as float32 on
/// the CPU: of all rows of each pass, then of its last row of each segment.
std::vector<at::Tensor> three_passes(CachedAttention& attention, const PageShape& shape, int64_t heads,
                                     const at::TensorOptions& options) {
  PagePool pool(attention.memory(), int64_t{1} << 22);
  Segment prefix(pool, 150), other(pool, 40);
  std::vector<std::unique_ptr<Segment>> own;
  for (int64_t i = 0; i < 4; ++i) own.push_back(std::make_unique<Segment>(pool, 60));
  const std::vector<std::vector<int64_t>> counts{
      {150, 30, 7, 21, 40, 9}, {0, 0, 1, 1, 1, 1}, {0, 0, 3, 1, 2, 1}};
  std::vector<at::Tensor> outs;
  for (size_t pass = 0; pass < counts.size(); ++pass) {
    std::vector<RowSpan> spans;
    std::vector<int64_t> selected;
    int64_t row = 0;
    for (size_t i = 0; i < counts[pass].size(); ++i) {
      Segment* const segment = i == 0 ? &prefix : i == 1 ? &other : own[i - 2].get();
      const int64_t count = counts[pass][i], start = segment->length();
      if (count == 0) continue;
      segment->extend(count);
      // Two questions share the first prefix, one has the other, one none.
      const Segment* const seen = i < 2 || i == 5 ? nullptr : i == 4 ? &other : &prefix;
      spans.push_back({row, count, start, segment, seen});
      row += count;
      selected.push_back(row - 1);
    }
    const auto drawn = [&](int64_t n, uint64_t seed) {
      // Rounded to bfloat16, so that all forms get the same numbers.
      return random_tensor({row, n, shape.head_dim}, 100 * pass + seed).to(at::kBFloat16).to(options);
    };
    const at::Tensor turned = random_tensor({row, 1, shape.head_dim / 2}, 50 + pass);
    const RotaryAngles angles{turned.cos().to(options), turned.sin().to(options)};
    const at::Tensor query = drawn(heads, 1), key = drawn(shape.kv_heads, 2),
                     value = drawn(shape.kv_heads, 3);
    const at::Tensor places = at::tensor(selected, at::kLong).to(options.device());
    attention.begin_pass(spans, selected);
    outs.push_back(attention.attend(0, query, key, value, angles, {}).cpu().to(at::kFloat));
    outs.push_back(
        attention.attend(0, query.index_select(0, places), key, value, angles, places).cpu().to(at::kFloat));
  }
  return outs;
}

struct Shape {
  int64_t heads, kv_heads, dim;
};

TEST_F(OnGpu, AttentionIsThatOfTheCpusPages) {
  for (const Shape& one :
       {Shape{4, 4, 32}, Shape{6, 2, 64}, Shape{4, 4, 80}, Shape{8, 1, 128}, Shape{3, 3, 20}}) {
    const PageShape shape{1, one.kv_heads, one.dim};
    PagedAttention pages(shape);
    const std::vector<at::Tensor> right = three_passes(pages, shape, one.heads, at::kFloat);
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
      if (dtype == at::kBFloat16 && !has_bfloat16(device_)) continue;
      const at::TensorOptions options = at::TensorOptions(dtype).device(device_);
      for (const PrefixForm form : {PrefixForm::apart, PrefixForm::gathered}) {
        if (form == PrefixForm::apart && !gives_logsumexp(device_, dtype, one.dim)) continue;
        SCOPED_TRACE(testing::Message() << one.heads << " heads, " << one.kv_heads << " of keys, width "
                                        << one.dim << (dtype == at::kFloat ? ", float32" : ", bfloat16")
                                        << (form == PrefixForm::apart ? ", apart" : ", gathered"));
        TensorAttention tensors(shape, options, form);
        const std::vector<at::Tensor> outs = three_passes(tensors, shape, one.heads, options);
        for (size_t i = 0; i < right.size(); ++i)
          EXPECT_LT(largest_difference(outs[i], right[i]), dtype == at::kFloat ? 5e-5 : 0.1)
              << "output " << i;
      }
    }
  }
}

std::unique_ptr<TextModel> model_on(TextFamily family, const at::TensorOptions& options) {
  TextConfig config;
  config.family = family;
  config.vocab_size = 40;
  config.hidden_size = 64;
  config.intermediate_size = 96;
  config.num_hidden_layers = 3;
  config.num_attention_heads = 4;
  config.num_key_value_heads = family == TextFamily::llama ? 2 : 4;
  config.head_dim = 16;
  config.partial_rotary_factor = family == TextFamily::phi ? 0.5 : 1.0;
  config.hidden_act = family == TextFamily::phi ? Activation::gelu_tanh : Activation::silu;
  RandomSource weights(7, 0.2);
  std::unique_ptr<TextModel> model = make_text_model(config, weights);
  model->visit_parameters([&](const std::string&, at::Tensor& tensor) { tensor = tensor.to(options); });
  return model;
}

TEST_F(OnGpu, Float32AnswersAreTheCpus) {
  const std::vector<PromptGroup> groups = random_groups(30, 9, 64);
  for (const TextFamily family : {TextFamily::phi, TextFamily::llama}) {
    const auto on_cpu = model_on(family, at::kFloat), on_gpu = model_on(family, at::TensorOptions(device_));
    GenerationOptions options;
    options.max_new_tokens = 12;
    options.end_tokens = {5};
    const std::vector<Ids> answers = generate(*on_cpu, groups, options);
    for (const int64_t rows : {40, 0}) {
      options.rows = rows;
      EXPECT_EQ(generate(*on_gpu, groups, options), answers) << rows;
    }
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(beam_search(*on_gpu, groups[i], options, {3, 1.0}),
                beam_search(*on_cpu, groups[i], options, {3, 1.0}));
      const std::vector<std::vector<Ids>> choices(groups[i].tails.size(), {{1, 2, 3}, {4}});
      const auto gpu = option_log_likelihoods(*on_gpu, groups[i], choices, options);
      const auto cpu = option_log_likelihoods(*on_cpu, groups[i], choices, options);
      for (size_t q = 0; q < cpu.size(); ++q)
        for (size_t o = 0; o < 2; ++o) EXPECT_NEAR(gpu[q][o], cpu[q][o], 1e-4);
    }
  }
}

TEST_F(OnGpu, Bfloat16AnswersAreMostlyTheCpusInFloat32) {
  if (!has_bfloat16(device_)) GTEST_SKIP() << "no bfloat16";
  const std::vector<PromptGroup> groups = random_groups(60, 5, 64);
  for (const TextFamily family : {TextFamily::phi, TextFamily::llama}) {
    const auto on_cpu = model_on(family, at::kFloat);
    const auto on_gpu = model_on(family, at::TensorOptions(at::kBFloat16).device(device_));
    GenerationOptions options;
    options.max_new_tokens = 2;
    const std::vector<Ids> right = generate(*on_cpu, groups, options),
                           answers = generate(*on_gpu, groups, options);
    size_t same = 0;
    for (size_t i = 0; i < right.size(); ++i) same += answers[i] == right[i] ? 1 : 0;
    EXPECT_GT(static_cast<double>(same), 0.8 * static_cast<double>(right.size()))
        << same << " of " << right.size();
  }
}

}  // namespace
}  // namespace imp::models
