// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/text/text_model.h"

namespace imp::models::test {

/// A Phi with a partial rotary embedding, or a LLaMA with grouped queries; weights drawn from a seed.
inline std::unique_ptr<TextModel> tiny_text_model(TextFamily family) {
  TextConfig config;
  config.family = family;
  config.vocab_size = 40;
  config.hidden_size = 16;
  config.intermediate_size = 24;
  config.num_hidden_layers = 3;
  config.num_attention_heads = 4;
  config.num_key_value_heads = family == TextFamily::llama ? 2 : 4;
  config.head_dim = 4;
  config.partial_rotary_factor = family == TextFamily::phi ? 0.5 : 1.0;
  config.hidden_act = family == TextFamily::phi ? Activation::gelu_tanh : Activation::silu;
  RandomSource weights(7, 0.3);
  return make_text_model(config, weights);
}

/// Normal numbers, a pure function of the seed.
inline at::Tensor random_tensor(std::vector<int64_t> shape, uint64_t seed) {
  return at::empty(shape, at::kFloat).normal_(0.0, 1.0, at::detail::createCPUGenerator(seed));
}

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

inline at::Tensor ids_tensor(const std::vector<int64_t>& ids) {
  return at::tensor(ids, at::kLong);
}

/// Hidden states of one sequence that stands alone.
inline at::Tensor alone(const TextModel& model, const std::vector<int64_t>& ids) {
  const at::Tensor embeds = model.embed(ids_tensor(ids));
  return model.hidden_states(embeds, pack_sequences({static_cast<int64_t>(ids.size())}, {}, embeds.options()),
                             nullptr, {});
}

}  // namespace imp::models::test
