// SPDX-License-Identifier: Apache-2.0
#include "models/layers/self_attention.h"

#include <ATen/ATen.h>

#include "models/layers/joint_linear.h"
#include "models/layers/rotary_attention.h"

namespace imp::models {
namespace {

/// [tokens, heads, dim] -> [batch, heads, width, dim]; missing slots are zero.
at::Tensor spread(const at::Tensor& packed, const SequenceLayout& layout) {
  const int64_t heads = packed.size(1), dim = packed.size(2);
  at::Tensor grid = packed;
  if (layout.slots.defined()) {
    grid = at::zeros({layout.batch * layout.width, heads, dim}, packed.options())
               .index_copy(0, layout.slots, packed);
  }
  return grid.view({layout.batch, layout.width, heads, dim}).transpose(1, 2);
}

/// The inverse of spread.
at::Tensor gather(const at::Tensor& grid, const SequenceLayout& layout) {
  at::Tensor rows = grid.transpose(1, 2).reshape({layout.batch * layout.width, grid.size(1) * grid.size(3)});
  return layout.slots.defined() ? rows.index_select(0, layout.slots) : rows;
}

at::Tensor repeat_heads(const at::Tensor& x, int64_t times) {
  return times == 1 ? x : x.repeat_interleave(times, 1);
}

}  // namespace

at::Tensor SelfAttention::projected(const at::Tensor& x, uint64_t dropout_step) const {
  const Linear* const layers[] = {&q_proj, &k_proj, &v_proj};
  if (!q_layernorm.weight.defined()) {
    if (std::optional<at::Tensor> rows = joint_forward(layers, x, dropout_step)) return *std::move(rows);
  }
  const auto normed = [&](const LayerNorm& norm, const Linear& projection, int64_t heads) {
    const at::Tensor rows = projection.forward(x, dropout_step);
    return norm.weight.defined() ? norm.forward(rows.unflatten(1, {heads, head_dim})).flatten(1) : rows;
  };
  return at::cat({normed(q_layernorm, q_proj, num_heads), normed(k_layernorm, k_proj, num_kv_heads),
                  v_proj.forward(x, dropout_step)},
                 1);
}

void SelfAttention::join_projections() {
  Linear* const layers[] = {&q_proj, &k_proj, &v_proj};
  lay_together(layers);
  lay_adapters_together(layers);
}

at::Tensor SelfAttention::attend(const at::Tensor& x, const RotaryAngles& angles,
                                 const SequenceLayout& layout, KvCache* cache, size_t layer_index,
                                 const at::Tensor& selected, uint64_t dropout_step) const {
  if (layout.spans && cache == nullptr && layout.over_cache == nullptr) {
    const at::Tensor out = rotary_attention(projected(x, dropout_step), {num_heads, num_kv_heads, head_dim},
                                            angles, *layout.spans);
    return selected.defined() ? out.index_select(0, selected) : out;
  }
  const auto heads_of = [&](const Linear& projection, int64_t heads, const at::Tensor& from) {
    return projection.forward(from, dropout_step).view({from.size(0), heads, head_dim});
  };
  const auto of_selected = [&](const at::Tensor& rows) {
    return selected.defined() ? rows.index_select(0, selected) : rows;
  };
  const auto normed = [](const LayerNorm& norm, const at::Tensor& heads) {
    return norm.weight.defined() ? norm.forward(heads) : heads;
  };
  const auto queries_of = [&](const at::Tensor& from) {
    return normed(q_layernorm, heads_of(q_proj, num_heads, from));
  };
  const at::Tensor keys = normed(k_layernorm, heads_of(k_proj, num_kv_heads, x));
  if (layout.over_cache != nullptr) {
    return layout.over_cache->attend(layer_index, queries_of(of_selected(x)), keys,
                                     heads_of(v_proj, num_kv_heads, x), angles, selected);
  }
  const at::Tensor query = spread(apply_rotary(queries_of(x), angles), layout);
  at::Tensor key = spread(apply_rotary(keys, angles), layout);
  at::Tensor value = spread(heads_of(v_proj, num_kv_heads, x), layout);
  if (cache != nullptr) {
    if (layer_index < cache->keys.size()) {
      key = at::cat({cache->keys[layer_index], key}, 2);
      value = at::cat({cache->values[layer_index], value}, 2);
      cache->keys[layer_index] = key;
      cache->values[layer_index] = value;
    } else {
      cache->keys.push_back(key);
      cache->values.push_back(value);
    }
  }
  const int64_t groups = num_heads / num_kv_heads;
  const bool causal = !layout.mask.defined();
  const std::optional<at::Tensor> mask = causal ? std::nullopt : std::optional(layout.mask);
  return of_selected(gather(at::scaled_dot_product_attention(query, repeat_heads(key, groups),
                                                             repeat_heads(value, groups), mask, 0.0, causal),
                            layout));
}

}  // namespace imp::models
