// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers/kv_cache.h"
#include "models/layers/linear.h"
#include "models/layers/norm.h"
#include "models/layers/rotary_embedding.h"
#include "models/layers/sequence_layout.h"

namespace imp::models {

/// Causal self-attention with rotary embeddings and grouped key/value heads, over packed tokens.
struct SelfAttention {
  Linear q_proj, k_proj, v_proj;
  Linear o_proj;  ///< named `dense` in Phi
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  /// Over the channels of each head before it is rotated; without weights: none.
  LayerNorm q_layernorm = {}, k_layernorm = {};

  /// x [tokens, hidden] -> the heads' outputs before o_proj, [tokens, heads * head_dim], or those of the
  /// `selected` tokens [selected] int64 alone if defined. With a cache, the new keys and values are appended
  /// to layer `layer_index` of it.
  [[nodiscard]] at::Tensor attend(const at::Tensor& x, const RotaryAngles& angles,
                                  const SequenceLayout& layout, KvCache* cache, size_t layer_index,
                                  const at::Tensor& selected, uint64_t dropout_step) const;

  /// Makes queries, keys and values one product where no gradient of its weights is asked for
  /// (joint_linear.h).
  void join_projections();

 private:
  /// Queries, keys and values of x side by side, normed, not rotated: [tokens, (heads + 2 kv_heads) *
  /// head_dim].
  [[nodiscard]] at::Tensor projected(const at::Tensor& x, uint64_t dropout_step) const;
};

}  // namespace imp::models
