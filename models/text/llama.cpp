// SPDX-License-Identifier: Apache-2.0
#include "models/text/llama.h"

#include <ATen/ATen.h>

#include "models/layers/activation.h"
#include "models/layers/joint_linear.h"
#include "models/text/block_parts.h"

namespace imp::models {

Llama::Llama(const TextConfig& config, WeightSource& weights) : TextModel(config) {
  const int64_t hidden = config.hidden_size, inner = config.intermediate_size;
  const WithBias attention = config.attention_bias ? WithBias::yes : WithBias::no;
  const WithBias mlp = config.mlp_bias ? WithBias::yes : WithBias::no;
  const auto take_norm = [&](const std::string& name) {
    return RmsNorm{weights.take(name + ".weight", {hidden}), config.norm_eps};
  };
  take_embeddings(weights);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string name = block_prefix(static_cast<size_t>(i));
    Block block;
    block.input_layernorm = take_norm(name + "input_layernorm");
    block.post_attention_layernorm = take_norm(name + "post_attention_layernorm");
    block.self_attn = take_self_attention(weights, name, "o_proj", config, attention);
    block.gate_proj = take_linear(weights, name + "mlp.gate_proj", hidden, inner, mlp);
    block.up_proj = take_linear(weights, name + "mlp.up_proj", hidden, inner, mlp);
    block.down_proj = take_linear(weights, name + "mlp.down_proj", inner, hidden, mlp);
    blocks_.push_back(std::move(block));
  }
  norm_ = take_norm("model.norm");
}

std::vector<NamedLinear> Llama::linears() {
  std::vector<NamedLinear> all;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    Block& block = blocks_[i];
    const std::string name = block_prefix(i);
    all.push_back({name + "self_attn.q_proj", &block.self_attn.q_proj});
    all.push_back({name + "self_attn.k_proj", &block.self_attn.k_proj});
    all.push_back({name + "self_attn.v_proj", &block.self_attn.v_proj});
    all.push_back({name + "self_attn.o_proj", &block.self_attn.o_proj});
    all.push_back({name + "mlp.gate_proj", &block.gate_proj});
    all.push_back({name + "mlp.up_proj", &block.up_proj});
    all.push_back({name + "mlp.down_proj", &block.down_proj});
  }
  all.push_back({"lm_head", &lm_head_});
  return all;
}

void Llama::visit_norms(const ParameterVisitor& visit) {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    visit(block_prefix(i) + "input_layernorm.weight", blocks_[i].input_layernorm.weight);
    visit(block_prefix(i) + "post_attention_layernorm.weight", blocks_[i].post_attention_layernorm.weight);
  }
  visit("model.norm.weight", norm_.weight);
}

void Llama::pack_rest() {
  for (Block& block : blocks_)
    block.input_layernorm.only_asked = block.post_attention_layernorm.only_asked = true;
  norm_.only_asked = true;
}

at::Tensor Llama::block(size_t index, const at::Tensor& hidden_states, const RotaryAngles& angles,
                        const SequenceLayout& layout, KvCache* cache, const at::Tensor& selected,
                        uint64_t dropout_step) const {
  const Block& block = blocks_[index];
  at::Tensor residual = hidden_states;
  const at::Tensor heads = block.self_attn.attend(block.input_layernorm.forward(hidden_states), angles,
                                                  layout, cache, index, selected, dropout_step);
  if (selected.defined()) residual = residual.index_select(0, selected);
  residual = block.self_attn.o_proj.forward_added(residual, heads, dropout_step);
  const at::Tensor normed = block.post_attention_layernorm.forward(residual);
  const at::Tensor inner = gated(block, normed, dropout_step);
  return block.down_proj.forward_added(residual, inner, dropout_step);
}

at::Tensor Llama::gated(const Block& block, const at::Tensor& normed, uint64_t dropout_step) const {
  const Linear* const layers[] = {&block.gate_proj, &block.up_proj};
  const std::optional<at::Tensor> joint =
      normed.is_cuda() ? joint_forward(layers, normed, dropout_step) : std::nullopt;
  if (joint) {
    const auto halves = joint->chunk(2, 1);
    return activate(halves[0], config_.hidden_act) * halves[1];
  }
  const at::Tensor gate = block.gate_proj.forward_activated(normed, config_.hidden_act, dropout_step);
  return gate * block.up_proj.forward(normed, dropout_step);
}

void Llama::join_projections() {
  for (Block& block : blocks_) {
    Linear* const layers[] = {&block.gate_proj, &block.up_proj};
    block.self_attn.join_projections();
    lay_together(layers);
    lay_adapters_together(layers);
  }
}

at::Tensor Llama::final_norm(const at::Tensor& hidden_states) const {
  return norm_.forward(hidden_states);
}

}  // namespace imp::models
