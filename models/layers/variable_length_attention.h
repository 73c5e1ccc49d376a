// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace imp::models {

/// Which packed queries see which packed keys: sequence i has the queries from query_starts[i] to
/// query_starts[i + 1] and the keys likewise. Its last query sees all its keys, each one before it one less
/// (causal, aligned to the end), so that there may be keys of tokens that ask nothing.
struct AttentionSpans {
  std::vector<int32_t> query_starts{0}, key_starts{0};      ///< [sequences + 1]
  at::Tensor query_starts_on_device, key_starts_on_device;  ///< the same, int32
  at::Tensor key_rows;  ///< [keys] int64: the packed rows that the keys are of; undefined: all rows in order
  int64_t longest_query = 0, longest_key = 0;

  void add(int64_t queries, int64_t keys);
  /// Sends what add() was told to the device. rows: as key_rows; empty: all in order.
  void send(const std::vector<int64_t>& rows, at::Device device);
};

/// Keys or values of the spans, [keys, kv_heads, dim], out of those of the packed rows.
[[nodiscard]] at::Tensor spanned_rows(const at::Tensor& rows, const AttentionSpans& spans);

/// What attention keeps for its backward pass beside its inputs and output.
struct AttentionState {
  at::Tensor logsumexp, random_state, unused;
};

/// softmax(query key^T / sqrt(dim)) value over spans: query [queries, heads, dim], key and value [keys,
/// kv_heads, dim], the last dimension contiguous -> [queries, heads, dim]. Query heads share key heads in
/// groups. LibTorch's flash attention on a GPU in 16 bits, its memory-efficient one in float32, one dense
/// product a sequence elsewhere (and for widths that those do not take). Not differentiable by itself:
/// backward() is beside it.
[[nodiscard]] at::Tensor variable_length_attention(const at::Tensor& query, const at::Tensor& key,
                                                   const at::Tensor& value, const AttentionSpans& spans,
                                                   AttentionState* state = nullptr);

struct AttentionGradients {
  at::Tensor query, key, value;
};
[[nodiscard]] AttentionGradients variable_length_attention_backward(
    const at::Tensor& gradient, const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
    const at::Tensor& output, const AttentionState& state, const AttentionSpans& spans);

}  // namespace imp::models
