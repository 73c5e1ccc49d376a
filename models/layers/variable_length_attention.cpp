// SPDX-License-Identifier: Apache-2.0
#include "models/layers/variable_length_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/device/upload.h"

namespace imp::models {
namespace {

enum class Form { flash, memory_efficient, dense };

constexpr int64_t kBottomRightCausal = 2;  // _efficient_attention_forward's custom_mask_type

Form form_for(const at::Tensor& query) {
  const int64_t dim = query.size(-1);
  if (!query.is_cuda()) return Form::dense;
  const bool narrow = query.scalar_type() == at::kBFloat16 || query.scalar_type() == at::kHalf;
  if (narrow && dim % 8 == 0 && dim <= 256) return Form::flash;
  if (query.scalar_type() == at::kFloat && dim % 4 == 0) return Form::memory_efficient;
  return Form::dense;
}

/// [keys, kv_heads, dim] -> [keys, heads, dim], each head repeated for its group of queries.
at::Tensor repeated(const at::Tensor& heads, int64_t query_heads) {
  const int64_t times = query_heads / heads.size(1);
  if (times == 1) return heads;
  return heads.unsqueeze(2).expand({-1, -1, times, -1}).reshape({heads.size(0), query_heads, heads.size(2)});
}

/// The gradient of repeated(): summed over each group.
at::Tensor summed_groups(const at::Tensor& gradient, int64_t kv_heads) {
  if (gradient.size(1) == kv_heads) return gradient;
  return gradient.view({gradient.size(0), kv_heads, -1, gradient.size(2)}).sum(2);
}

/// Keys that a query may not see get -infinity, [queries, keys].
at::Tensor causal_mask(int64_t queries, int64_t keys, const at::TensorOptions& options) {
  return at::full({queries, keys}, -std::numeric_limits<double>::infinity(), options)
      .triu(keys - queries + 1);
}

/// One sequence's weights, float32 [heads, queries, keys].
at::Tensor dense_weights(const at::Tensor& query, const at::Tensor& key) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
  const at::Tensor scores =
      query.transpose(0, 1).to(at::kFloat).matmul(key.transpose(0, 1).to(at::kFloat).transpose(1, 2)) * scale;
  return at::softmax(scores + causal_mask(query.size(0), key.size(0), scores.options()), -1);
}

/// The rows of sequence i.
at::Tensor rows_of(const at::Tensor& packed, const std::vector<int32_t>& starts, size_t i) {
  return packed.slice(0, starts[i], starts[i + 1]);
}

at::Tensor dense_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const AttentionSpans& spans) {
  std::vector<at::Tensor> outputs;
  const at::Tensor keys = repeated(key, query.size(1)), values = repeated(value, query.size(1));
  for (size_t i = 0; i + 1 < spans.query_starts.size(); ++i) {
    const at::Tensor weights =
        dense_weights(rows_of(query, spans.query_starts, i), rows_of(keys, spans.key_starts, i));
    outputs.push_back(
        weights.matmul(rows_of(values, spans.key_starts, i).transpose(0, 1).to(at::kFloat)).transpose(0, 1));
  }
  return at::cat(outputs).to(query.scalar_type());
}

AttentionGradients dense_backward(const at::Tensor& gradient, const at::Tensor& query, const at::Tensor& key,
                                  const at::Tensor& value, const AttentionSpans& spans) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
  const auto by_head = [](const at::Tensor& rows) { return rows.transpose(0, 1).to(at::kFloat); };
  const at::Tensor keys = repeated(key, query.size(1)), values = repeated(value, query.size(1));
  std::vector<at::Tensor> of_query, of_key, of_value;
  for (size_t i = 0; i + 1 < spans.query_starts.size(); ++i) {
    const at::Tensor q = rows_of(query, spans.query_starts, i), k = rows_of(keys, spans.key_starts, i);
    const at::Tensor grad = by_head(rows_of(gradient, spans.query_starts, i));
    const at::Tensor weights = dense_weights(q, k);
    of_value.push_back(weights.transpose(1, 2).matmul(grad).transpose(0, 1));
    const at::Tensor of_weights = grad.matmul(by_head(rows_of(values, spans.key_starts, i)).transpose(1, 2));
    const at::Tensor of_scores = weights * (of_weights - (of_weights * weights).sum(-1, true)) * scale;
    of_query.push_back(of_scores.matmul(by_head(k)).transpose(0, 1));
    of_key.push_back(of_scores.transpose(1, 2).matmul(by_head(q)).transpose(0, 1));
  }
  const auto type = query.scalar_type();
  return {at::cat(of_query).to(type), summed_groups(at::cat(of_key).to(type), key.size(1)),
          summed_groups(at::cat(of_value).to(type), key.size(1))};
}

}  // namespace

void AttentionSpans::add(int64_t queries, int64_t keys) {
  query_starts.push_back(query_starts.back() + static_cast<int32_t>(queries));
  key_starts.push_back(key_starts.back() + static_cast<int32_t>(keys));
  longest_query = std::max(longest_query, queries);
  longest_key = std::max(longest_key, keys);
}

void AttentionSpans::send(const std::vector<int64_t>& rows, at::Device device) {
  query_starts_on_device = upload(query_starts, device);
  key_starts_on_device = query_starts == key_starts ? query_starts_on_device : upload(key_starts, device);
  if (!rows.empty()) key_rows = upload(rows, device);
}

at::Tensor spanned_rows(const at::Tensor& rows, const AttentionSpans& spans) {
  return spans.key_rows.defined() ? rows.index_select(0, spans.key_rows) : rows;
}

at::Tensor variable_length_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                     const AttentionSpans& spans, AttentionState* state) {
  const Form form = form_for(query);
  if (form == Form::dense) return dense_attention(query, key, value, spans);
  if (form == Form::flash) {
    auto [out, logsumexp, random_state, unused, mask] = at::_flash_attention_forward(
        query, key, value, spans.query_starts_on_device, spans.key_starts_on_device, spans.longest_query,
        spans.longest_key, /*dropout_p=*/0.0, /*is_causal=*/true, /*return_debug_mask=*/false);
    if (state != nullptr) *state = {logsumexp, random_state, unused};
    return out;
  }
  const int64_t heads = query.size(1);
  auto [out, logsumexp, seed, offset, longest_query, longest_key] = at::_efficient_attention_forward(
      query.unsqueeze(0), repeated(key, heads).unsqueeze(0), repeated(value, heads).unsqueeze(0), {},
      spans.query_starts_on_device, spans.key_starts_on_device, spans.longest_query, spans.longest_key,
      /*dropout_p=*/0.0, kBottomRightCausal, /*compute_log_sumexp=*/state != nullptr);
  if (state != nullptr) *state = {logsumexp, seed, offset};
  return out.squeeze(0);
}

AttentionGradients variable_length_attention_backward(const at::Tensor& gradient, const at::Tensor& query,
                                                      const at::Tensor& key, const at::Tensor& value,
                                                      const at::Tensor& output, const AttentionState& state,
                                                      const AttentionSpans& spans) {
  const Form form = form_for(query);
  if (form == Form::dense) return dense_backward(gradient, query, key, value, spans);
  if (form == Form::flash) {
    auto [of_query, of_key, of_value] = at::_flash_attention_backward(
        gradient.contiguous(), query, key, value, output, state.logsumexp, spans.query_starts_on_device,
        spans.key_starts_on_device, spans.longest_query, spans.longest_key, /*dropout_p=*/0.0,
        /*is_causal=*/true, state.random_state, state.unused);
    return {of_query, of_key, of_value};
  }
  const int64_t heads = query.size(1);
  auto [of_query, of_key, of_value, of_bias] = at::_efficient_attention_backward(
      gradient.contiguous().unsqueeze(0), query.unsqueeze(0), repeated(key, heads).unsqueeze(0),
      repeated(value, heads).unsqueeze(0), {}, output.unsqueeze(0), spans.query_starts_on_device,
      spans.key_starts_on_device, spans.longest_query, spans.longest_key, state.logsumexp, /*dropout_p=*/0.0,
      state.random_state, state.unused, kBottomRightCausal, /*bias_requires_grad=*/false);
  return {of_query.squeeze(0), summed_groups(of_key.squeeze(0), key.size(1)),
          summed_groups(of_value.squeeze(0), key.size(1))};
}

}  // namespace imp::models
