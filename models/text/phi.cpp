// SPDX-License-Identifier: Apache-2.0
#include "models/text/phi.h"

#include <ATen/ATen.h>

#include "models/layers/packed_linear.h"
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
    if (config.qk_layernorm) {
      block.self_attn.q_layernorm =
          take_norm(weights, name + "self_attn.q_layernorm", config.head_dim, config.norm_eps);
      block.self_attn.k_layernorm =
          take_norm(weights, name + "self_attn.k_layernorm", config.head_dim, config.norm_eps);
    }
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

void Phi::join_projections() {
  for (Block& block : blocks_) block.self_attn.join_projections();
}

void Phi::visit_norms(const ParameterVisitor& visit) {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    visit(block_prefix(i) + "input_layernorm.weight", blocks_[i].input_layernorm.weight);
    visit(block_prefix(i) + "input_layernorm.bias", blocks_[i].input_layernorm.bias);
    if (!config_.qk_layernorm) continue;
    SelfAttention& attention = blocks_[i].self_attn;
    visit(block_prefix(i) + "self_attn.q_layernorm.weight", attention.q_layernorm.weight);
    visit(block_prefix(i) + "self_attn.q_layernorm.bias", attention.q_layernorm.bias);
    visit(block_prefix(i) + "self_attn.k_layernorm.weight", attention.k_layernorm.weight);
    visit(block_prefix(i) + "self_attn.k_layernorm.bias", attention.k_layernorm.bias);
  }
  visit("model.final_layernorm.weight", final_layernorm_.weight);
  visit("model.final_layernorm.bias", final_layernorm_.bias);
}

void Phi::pack_rest() {
  for (Block& block : blocks_)
    block.input_layernorm.only_asked = block.self_attn.q_layernorm.only_asked =
        block.self_attn.k_layernorm.only_asked = true;
  final_layernorm_.only_asked = true;
  look_up_text();
}

void Phi::look_up_text() {
  constexpr int64_t kMostTableFloats = int64_t{8} << 20;
  const Block& block = blocks_.front();
  first_of_text_ = {};
  if (!block.fc2.packed || config_.qk_layernorm || 4 * embed_tokens_.numel() > kMostTableFloats) return;
  const at::NoGradGuard no_grad;
  const at::Tensor normed = block.input_layernorm.forward(embed_tokens_);
  first_of_text_ = {block.self_attn.q_proj.forward(normed), block.self_attn.k_proj.forward(normed),
                    block.self_attn.v_proj.forward(normed),
                    block.fc2.forward(block.fc1.forward_activated(normed, config_.hidden_act))};
}

bool Phi::knows_text(const SequenceLayout& layout) const {
  const Block& block = blocks_.front();
  const SelfAttention& attention = block.self_attn;
  return first_of_text_.mlp.defined() && layout.over_cache != nullptr && layout.text_ids.defined() &&
         attention.q_proj.only_asked() && attention.k_proj.only_asked() && attention.v_proj.only_asked() &&
         block.fc1.only_asked() && block.fc2.only_asked();
}

/// As block(), with the text tokens' part looked up; the same bits, since a row's do not depend on other
/// rows.
at::Tensor Phi::first_block(const at::Tensor& hidden_states, const RotaryAngles& angles,
                            const SequenceLayout& layout) const {
  const Block& block = blocks_.front();
  const int64_t rows = hidden_states.size(0), text = layout.text_ids.size(0), others = rows - text;
  const at::Tensor normed = block.input_layernorm.forward(hidden_states.narrow(0, 0, others));
  const auto heads_of = [&](const Linear& projection, const at::Tensor& of_text) {
    const at::Tensor out = at::empty({rows, projection.out_features()}, hidden_states.options());
    if (others > 0) projection.packed->forward_into(out.narrow(0, 0, others), normed);
    at::Tensor looked_up = out.narrow(0, others, text);
    at::index_select_out(looked_up, of_text, 0, layout.text_ids);
    return out.view({rows, -1, block.self_attn.head_dim});
  };
  const at::Tensor heads =
      layout.over_cache->attend(0, heads_of(block.self_attn.q_proj, first_of_text_.query),
                                heads_of(block.self_attn.k_proj, first_of_text_.key),
                                heads_of(block.self_attn.v_proj, first_of_text_.value), angles, {});
  const at::Tensor out = block.self_attn.o_proj.forward_added(hidden_states, heads);
  if (others > 0) {
    at::Tensor seen = out.narrow(0, 0, others);
    seen.copy_(feed_forward(seen, block.fc1, config_.hidden_act, block.fc2, normed));
  }
  out.narrow(0, others, text).add_(first_of_text_.mlp.index_select(0, layout.text_ids));
  return out;
}

at::Tensor Phi::block(size_t index, const at::Tensor& hidden_states, const RotaryAngles& angles,
                      const SequenceLayout& layout, KvCache* cache, const at::Tensor& selected,
                      uint64_t dropout_step) const {
  if (index == 0 && !selected.defined() && knows_text(layout))
    return first_block(hidden_states, angles, layout);
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
