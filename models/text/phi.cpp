// SPDX-License-Identifier: Apache-2.0
#include "models/text/phi.h"

#include <ATen/ATen.h>

#include "models/text/block_parts.h"

namespace imp::models {
namespace {

LayerNorm take_norm(WeightSource& weights, const std::string& name, int64_t width, double eps) {
  return {weights.take(name + ".weight", {width}), weights.take(name + ".bias", {width}), eps};
}

}  // namespace

Phi::Phi(const TextConfig& config, WeightSource& weights) : TextModel(config) {
  const int64_t hidden = config.hidden_size, inner = config.intermediate_size;
  take_embeddings(weights);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string name = block_prefix(static_cast<size_t>(i));
    Block block;
    block.input_layernorm = take_norm(weights, name + "input_layernorm", hidden, config.norm_eps);
    block.self_attn = take_self_attention(weights, name, "dense", config, WithBias::yes);
    block.fc1 = take_linear(weights, name + "mlp.fc1", hidden, inner, WithBias::yes);
    block.fc2 = take_linear(weights, name + "mlp.fc2", inner, hidden, WithBias::yes);
    blocks_.push_back(std::move(block));
  }
  final_layernorm_ = take_norm(weights, "model.final_layernorm", hidden, config.norm_eps);
  // LLaVA directories of transformers >= 4.52 have lost the head's bias (tests/parity has one).
  if (weights.has("lm_head.bias")) lm_head_.bias = weights.take("lm_head.bias", {config.vocab_size});
}

std::vector<NamedLinear> Phi::linears() {
  std::vector<NamedLinear> all;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    Block& block = blocks_[i];
    const std::string name = block_prefix(i);
    all.push_back({name + "self_attn.q_proj", &block.self_attn.q_proj});
    all.push_back({name + "self_attn.k_proj", &block.self_attn.k_proj});
    all.push_back({name + "self_attn.v_proj", &block.self_attn.v_proj});
    all.push_back({name + "self_attn.dense", &block.self_attn.o_proj});
    all.push_back({name + "mlp.fc1", &block.fc1});
    all.push_back({name + "mlp.fc2", &block.fc2});
  }
  all.push_back({"lm_head", &lm_head_});
  return all;
}

void Phi::visit_norms(const ParameterVisitor& visit) {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    visit(block_prefix(i) + "input_layernorm.weight", blocks_[i].input_layernorm.weight);
    visit(block_prefix(i) + "input_layernorm.bias", blocks_[i].input_layernorm.bias);
  }
  visit("model.final_layernorm.weight", final_layernorm_.weight);
  visit("model.final_layernorm.bias", final_layernorm_.bias);
}

void Phi::pack_norms() {
  for (Block& block : blocks_) block.input_layernorm.only_asked = true;
  final_layernorm_.only_asked = true;
}

at::Tensor Phi::block(size_t index, const at::Tensor& hidden_states, const RotaryAngles& angles,
                      const SequenceLayout& layout, KvCache* cache, const at::Tensor& selected,
                      uint64_t dropout_step) const {
  const Block& block = blocks_[index];
  at::Tensor residual = hidden_states;
  at::Tensor normed = block.input_layernorm.forward(hidden_states);
  const at::Tensor heads =
      block.self_attn.attend(normed, angles, layout, cache, index, selected, dropout_step);
  if (selected.defined()) {
    residual = residual.index_select(0, selected);
    normed = normed.index_select(0, selected);
  }
  if (block.fc2.only_asked()) {  // one pass over the output less; the other order of the sums is training's
    const at::Tensor with_attention = block.self_attn.o_proj.forward_added(residual, heads);
    return feed_forward(with_attention, block.fc1, config_.hidden_act, block.fc2, normed);
  }
  const at::Tensor attention = block.self_attn.o_proj.forward(heads, dropout_step);
  return feed_forward(attention, block.fc1, config_.hidden_act, block.fc2, normed, dropout_step) + residual;
}

at::Tensor Phi::final_norm(const at::Tensor& hidden_states) const {
  return final_layernorm_.forward(hidden_states);
}

}  // namespace imp::models
