// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace imp::models {

/// Where the packed sequences of an attention lie. The queries of sequence i are the rows from
/// query_starts[i] to query_starts[i + 1]; its keys are key_lengths[i] rows from key_starts[i] on. Keys may
/// have gaps, stand in any order and be shared.
struct RaggedLengths {
  std::vector<int32_t> query_starts{0};  ///< [sequences + 1]
  std::vector<int32_t> key_starts;       ///< [sequences]
  std::vector<int32_t> key_lengths;      ///< [sequences], each at least 1
  int64_t max_queries = 0, max_keys = 0;

  // On the device once send() has put them there.
  at::Tensor queries;  ///< [sequences + 1] int32
  at::Tensor keys;     ///< [sequences + 1] int32; the last is where the last sequence's keys end
  at::Tensor lengths;  ///< [sequences] int32; undefined where the keys have no gaps

  [[nodiscard]] int64_t rows() const { return query_starts.back(); }
  void add(int64_t queries_of_it, int64_t key_start, int64_t keys_of_it);
  /// More queries for the last sequence.
  void add_queries(int64_t count);
  /// Whether each sequence's keys begin where those before end.
  [[nodiscard]] bool without_gaps() const;
  void send(at::Device device);
};

struct AttentionPart {
  at::Tensor out;  ///< [rows, heads, head_dim]
  at::Tensor
      logsumexp;  ///< [heads, rows] float32, of the scaled scores; undefined where gives_logsumexp() is false
};

/// softmax(query key^T / sqrt(head_dim)) value within each sequence: query [rows, heads, head_dim], key and
/// value [any, kv_heads, head_dim]. causal: a sequence's last query sees all of its keys, each before it one
/// fewer. No gradient. One kernel on a GPU (flash attention for 16-bit numbers, LibTorch's memory-efficient
/// one for float32) and no wait for it; elsewhere a product a sequence.
[[nodiscard]] AttentionPart ragged_attention(const at::Tensor& query, const at::Tensor& key,
                                             const at::Tensor& value, const RaggedLengths& lengths,
                                             bool causal);

/// Whether attention over tensors of this kind also gives the logsumexp by which parts are merged.
[[nodiscard]] bool gives_logsumexp(at::Device device, at::ScalarType dtype, int64_t head_dim);

}  // namespace imp::models
