// SPDX-License-Identifier: Apache-2.0
#include "models/generation/ragged_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "models/device/upload.h"

namespace imp::models {
namespace {

enum class Form { flash, efficient, plain };

Form form_of(at::Device device, at::ScalarType dtype, int64_t head_dim) {
  constexpr int64_t kAlignment = 8, kWidest = 256;
  if (device.is_cpu()) return Form::plain;
  if (dtype == at::kFloat) return head_dim % 4 == 0 ? Form::efficient : Form::plain;
  return head_dim % kAlignment == 0 && head_dim <= kWidest ? Form::flash : Form::plain;
}

/// [any, kv_heads, head_dim] -> [any, heads, head_dim], without the search that repeat_interleave may make.
at::Tensor repeat_heads(const at::Tensor& x, int64_t heads) {
  const int64_t kv_heads = x.size(1), dim = x.size(2);
  if (kv_heads == heads) return x;
  return x.unsqueeze(2).expand({-1, -1, heads / kv_heads, -1}).reshape({-1, heads, dim});
}

std::optional<at::Tensor> if_defined(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

AttentionPart flash(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                    const RaggedLengths& lengths, bool causal) {
  // A single query a sequence and grouped heads would take another path, whose logsumexp lies in another
  // order.
  const int64_t max_queries = std::max<int64_t>(2, lengths.max_queries);
  const auto result = at::_flash_attention_forward(
      query, key, value, lengths.queries, lengths.keys, max_queries, lengths.max_keys, /*dropout_p=*/0.0,
      causal,
      /*return_debug_mask=*/false, /*scale=*/std::nullopt, /*window_size_left=*/std::nullopt,
      /*window_size_right=*/std::nullopt, /*seqused_k=*/if_defined(lengths.lengths));
  return {std::get<0>(result), std::get<1>(result)};
}

AttentionPart efficient(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                        const RaggedLengths& lengths, bool causal) {
  constexpr int64_t kNoMask = 0, kCausalFromBottomRight = 2;
  const auto one_batch = [&](const at::Tensor& x) { return repeat_heads(x, query.size(1)).unsqueeze(0); };
  const auto result = at::_efficient_attention_forward(
      one_batch(query), one_batch(key), one_batch(value), /*bias=*/std::nullopt, lengths.queries,
      lengths.keys, lengths.max_queries, lengths.max_keys, /*dropout_p=*/0.0,
      causal ? kCausalFromBottomRight : kNoMask,
      /*compute_log_sumexp=*/false, /*scale=*/std::nullopt, /*seqlen_k=*/if_defined(lengths.lengths));
  return {std::get<0>(result).squeeze(0), {}};
}

AttentionPart plain(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                    const RaggedLengths& lengths, bool causal) {
  const int64_t heads = query.size(1);
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(2)));
  const auto wide = [&](const at::Tensor& x) {
    return repeat_heads(x, heads).transpose(0, 1).to(at::kFloat);
  };
  std::vector<at::Tensor> outs, sums;
  for (size_t i = 0; i < lengths.key_lengths.size(); ++i) {
    const int64_t row = lengths.query_starts[i], queries = lengths.query_starts[i + 1] - row;
    const int64_t first = lengths.key_starts[i], keys = lengths.key_lengths[i];
    at::Tensor scores =
        wide(query.narrow(0, row, queries)).matmul(wide(key.narrow(0, first, keys)).transpose(1, 2)) * scale;
    if (causal) {
      const at::Tensor hidden =
          at::ones({queries, keys}, scores.options().dtype(at::kBool)).triu(keys - queries + 1);
      scores = scores.masked_fill(hidden, -std::numeric_limits<float>::infinity());
    }
    sums.push_back(at::logsumexp(scores, {-1}));
    outs.push_back(at::softmax(scores, -1).matmul(wide(value.narrow(0, first, keys))).transpose(0, 1));
  }
  return {at::cat(outs).to(query.scalar_type()), at::cat(sums, 1)};
}

}  // namespace

void RaggedLengths::add(int64_t queries_of_it, int64_t key_start, int64_t keys_of_it) {
  query_starts.push_back(query_starts.back());
  key_starts.push_back(static_cast<int32_t>(key_start));
  key_lengths.push_back(static_cast<int32_t>(keys_of_it));
  max_keys = std::max(max_keys, keys_of_it);
  add_queries(queries_of_it);
}

void RaggedLengths::add_queries(int64_t count) {
  query_starts.back() += static_cast<int32_t>(count);
  max_queries = std::max<int64_t>(max_queries, query_starts.back() - query_starts[query_starts.size() - 2]);
}

bool RaggedLengths::without_gaps() const {
  for (size_t i = 0; i + 1 < key_starts.size(); ++i)
    if (key_starts[i] + key_lengths[i] != key_starts[i + 1]) return false;
  return true;
}

void RaggedLengths::send(at::Device device) {
  std::vector<int32_t> bounds = key_starts;
  bounds.push_back(key_starts.back() + key_lengths.back());
  queries = upload(query_starts, device);
  keys = upload(bounds, device);
  if (!without_gaps()) lengths = upload(key_lengths, device);
}

AttentionPart ragged_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                               const RaggedLengths& lengths, bool causal) {
  switch (form_of(query.device(), query.scalar_type(), query.size(2))) {
    case Form::flash:
      return flash(query, key, value, lengths, causal);
    case Form::efficient:
      return efficient(query, key, value, lengths, causal);
    case Form::plain:
      break;
  }
  return plain(query, key, value, lengths, causal);
}

bool gives_logsumexp(at::Device device, at::ScalarType dtype, int64_t head_dim) {
  return form_of(device, dtype, head_dim) != Form::efficient;
}

}  // namespace imp::models
