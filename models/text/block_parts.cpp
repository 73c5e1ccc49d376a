// SPDX-License-Identifier: Apache-2.0
#include "models/text/block_parts.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

namespace imp::models {

std::string block_prefix(size_t index) {
  return fmt::format("model.layers.{}.", index);
}

Linear take_linear(WeightSource& weights, const std::string& name, int64_t in, int64_t out, WithBias bias) {
  Linear layer;
  layer.weight = weights.take(name + ".weight", {out, in});
  if (bias == WithBias::yes) layer.bias = weights.take(name + ".bias", {out});
  return layer;
}

SelfAttention take_self_attention(WeightSource& weights, const std::string& block,
                                  const std::string& output_name, const TextConfig& config, WithBias bias) {
  const int64_t hidden = config.hidden_size;
  const int64_t queries = config.num_attention_heads * config.head_dim;
  const int64_t keys = config.num_key_value_heads * config.head_dim;
  const std::string name = block + "self_attn.";
  return {take_linear(weights, name + "q_proj", hidden, queries, bias),
          take_linear(weights, name + "k_proj", hidden, keys, bias),
          take_linear(weights, name + "v_proj", hidden, keys, bias),
          take_linear(weights, name + output_name, queries, hidden, bias),
          config.num_attention_heads,
          config.num_key_value_heads,
          config.head_dim};
}

}  // namespace imp::models
