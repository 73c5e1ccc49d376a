// SPDX-License-Identifier: Apache-2.0
#include "models/text/llama.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "models/layers/activation.h"

namespace imp::models {
namespace {

std::string layer_name(size_t index) {
  return fmt::format("model.layers.{}.", index);
}

Linear take_linear(WeightSource& weights, const std::string& name, int64_t in, int64_t out) {
  return {weights.take(name + ".weight", {out, in}), {}, {}};
}

}  // namespace

Llama::Llama(const TextConfig& config, WeightSource& weights) : TextModel(config) {
  const int64_t hidden = config.hidden_size, inner = config.intermediate_size;
  const int64_t queries = config.num_attention_heads * config.head_dim;
  const int64_t keys = config.num_key_value_heads * config.head_dim;
  const auto take_norm = [&](const std::string& name) {
    return RmsNorm{weights.take(name + ".weight", {hidden}), config.norm_eps};
  };
  embed_tokens_ = weights.take("model.embed_tokens.weight", {config.vocab_size, hidden});
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string name = layer_name(static_cast<size_t>(i));
    const std::string attention = name + "self_attn.";
    Block block;
    block.input_layernorm = take_norm(name + "input_layernorm");
    block.post_attention_layernorm = take_norm(name + "post_attention_layernorm");
    block.self_attn = {take_linear(weights, attention + "q_proj", hidden, queries),
                       take_linear(weights, attention + "k_proj", hidden, keys),
                       take_linear(weights, attention + "v_proj", hidden, keys),
                       take_linear(weights, attention + "o_proj", queries, hidden),
                       config.num_attention_heads,
                       config.num_key_value_heads,
                       config.head_dim};
    block.gate_proj = take_linear(weights, name + "mlp.gate_proj", hidden, inner);
    block.up_proj = take_linear(weights, name + "mlp.up_proj", hidden, inner);
    block.down_proj = take_linear(weights, name + "mlp.down_proj", inner, hidden);
    blocks_.push_back(std::move(block));
  }
  norm_ = take_norm("model.norm");
  if (config.tie_word_embeddings) {
    lm_head_.weight = embed_tokens_;
  } else {
    lm_head_.weight = weights.take("lm_head.weight", {config.vocab_size, hidden});
  }
}

std::vector<NamedLinear> Llama::linears() {
  std::vector<NamedLinear> all;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    Block& block = blocks_[i];
    const std::string name = layer_name(i);
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

void Llama::visit_parameters(const ParameterVisitor& visit) {
  visit("model.embed_tokens.weight", embed_tokens_);
  if (config_.tie_word_embeddings)
    lm_head_.weight = embed_tokens_;  // the visitor may have put another tensor there
  for (size_t i = 0; i < blocks_.size(); ++i) {
    visit(layer_name(i) + "input_layernorm.weight", blocks_[i].input_layernorm.weight);
    visit(layer_name(i) + "post_attention_layernorm.weight", blocks_[i].post_attention_layernorm.weight);
  }
  visit("model.norm.weight", norm_.weight);
  for (const NamedLinear& entry : linears()) {
    const bool tied = entry.linear == &lm_head_ && config_.tie_word_embeddings;
    if (!tied) visit(entry.name + ".weight", entry.linear->weight);
  }
}

at::Tensor Llama::block(size_t index, const at::Tensor& hidden_states, const RotaryAngles& angles,
                        const SequenceLayout& layout, KvCache* cache, const at::Tensor& selected,
                        uint64_t dropout_step) const {
  const Block& block = blocks_[index];
  at::Tensor residual = hidden_states;
  at::Tensor heads = block.self_attn.attend(block.input_layernorm.forward(hidden_states), angles, layout,
                                            cache, index, dropout_step);
  if (selected.defined()) {
    residual = residual.index_select(0, selected);
    heads = heads.index_select(0, selected);
  }
  residual = residual + block.self_attn.o_proj.forward(heads, dropout_step);
  const at::Tensor normed = block.post_attention_layernorm.forward(residual);
  const at::Tensor gate = activate(block.gate_proj.forward(normed, dropout_step), config_.hidden_act);
  const at::Tensor inner = gate * block.up_proj.forward(normed, dropout_step);
  return residual + block.down_proj.forward(inner, dropout_step);
}

at::Tensor Llama::final_norm(const at::Tensor& hidden_states) const {
  return norm_.forward(hidden_states);
}

}  // namespace imp::models
