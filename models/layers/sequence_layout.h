// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/layers/rotary_embedding.h"
#include "models/layers/variable_length_attention.h"

namespace imp::models {

/// Attention that keeps keys and values itself (generation), in place of the dense one over a layout's grid.
class AttentionOverCache {
 public:
  virtual ~AttentionOverCache() = default;
  /// query [tokens, heads, dim], key and value [tokens, kv_heads, dim], not rotated yet ->
  /// [tokens, heads * dim]. `selected` [selected] int64: the packed tokens that query and output have rows
  /// for; undefined: all.
  [[nodiscard]] virtual at::Tensor attend(size_t layer, const at::Tensor& query, const at::Tensor& key,
                                          const at::Tensor& value, const RotaryAngles& angles,
                                          const at::Tensor& selected) = 0;
};

/// How the packed tokens of a batch form sequences, prepared once and shared by all layers.
/// Linear layers see the packed tokens only; attention spreads them over [batch, width] and gathers them
/// again.
struct SequenceLayout {
  int64_t batch = 0;
  int64_t width = 0;        ///< longest sequence's new tokens
  at::Tensor position_ids;  ///< [tokens] int64
  at::Tensor slots;  ///< [tokens] int64, index into [batch * width]; undefined when no sequence is shorter
  at::Tensor mask;   ///< [batch, 1, width, keys] added to the scores; undefined: plain causal attention
  std::shared_ptr<const AttentionSpans> spans =
      nullptr;  ///< if given, slots and mask are not: attention goes over the packed tokens themselves
  AttentionOverCache* over_cache = nullptr;  ///< if given, only position_ids of the above are read
  at::Tensor text_ids;  ///< int64, read with over_cache: the last so many packed tokens are the embeddings of
                        ///< these ids
};

/// Packed sequences without a cache, each starting at position 0, attending causally within itself only.
/// lengths: tokens of each sequence. turns: empty, or for each sequence the turn of each token: a token of
/// turn k sees the tokens before it of turn 0 (the shared prefix) and of turn k. Isolated turns count their
/// positions from the prefix's end, as if each were asked alone. On a GPU the layout has spans in place of
/// slots and mask.
[[nodiscard]] SequenceLayout pack_sequences(const std::vector<int64_t>& lengths,
                                            const std::vector<std::vector<int32_t>>& turns,
                                            const at::TensorOptions& like);

/// What a layout on a GPU is filled up with: one more sequence up to `tokens` tokens, and empty ones up to a
/// multiple of `sequences`, so that few shapes come often.
struct PackedFilling {
  int64_t tokens = 0;  ///< of all sequences; fewer than there are: none
  int64_t sequences = 1;
};

/// pack_sequences with spans, on a device.
[[nodiscard]] SequenceLayout pack_sequences(const std::vector<int64_t>& lengths,
                                            const std::vector<std::vector<int32_t>>& turns, at::Device device,
                                            const PackedFilling& filling);

/// Who sees whom among the packed tokens: each sequence itself; of one with isolated turns the prefix itself,
/// and each turn the prefix and itself.
[[nodiscard]] std::shared_ptr<const AttentionSpans> attention_spans(
    const std::vector<int64_t>& lengths, const std::vector<std::vector<int32_t>>& turns, at::Device device,
    const PackedFilling& filling = {});

/// New tokens after a cache: sequence b has `cached[b]` valid cache entries among `cache_width` slots and
/// `lengths[b]` new tokens, which follow at the same slots for all sequences. Returns a mask over cache_width
/// + width keys.
[[nodiscard]] SequenceLayout extend_sequences(const std::vector<int64_t>& lengths,
                                              const std::vector<int64_t>& positions,
                                              const at::Tensor& cache_valid, const at::TensorOptions& like);

}  // namespace imp::models
