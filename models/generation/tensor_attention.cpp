// SPDX-License-Identifier: Apache-2.0
#include "models/generation/tensor_attention.h"

#include <ATen/ATen.h>

#include "models/device/upload.h"
#include "models/generation/cache_kernel.h"

namespace imp::models {
namespace {

/// Two parts of a softmax's sum become one: each counts by its share of the exponentials' sum.
void merge(const AttentionPart& part, int64_t row, const AttentionPart& into) {
  const int64_t rows = part.out.size(0);
  const at::Tensor share = at::sigmoid(part.logsumexp - into.logsumexp.narrow(1, row, rows));
  into.out.narrow(0, row, rows).lerp_(part.out, share.t().unsqueeze(2).to(part.out.scalar_type()));
}

at::Tensor joined(const std::vector<at::Tensor>& parts, int64_t dimension) {
  return parts.size() == 1 ? parts.front() : at::cat(parts, dimension);
}

}  // namespace

void TensorAttention::begin_pass(std::vector<RowSpan> spans, const std::vector<int64_t>& selected) {
  std::vector<int64_t> slots;
  for (const RowSpan& span : spans)
    for (int64_t i = 0; i < span.count; ++i) slots.push_back(span.segment->slot(span.start + i));
  written_ = upload(slots, device_);
  all_ = plan_attention(asking_rows(spans), form_);
  selected_ = plan_attention(asking_rows(spans, selected), form_);
  send(all_, device_);
  send(selected_, device_);
}

at::Tensor TensorAttention::attend(size_t layer, const at::Tensor& query, const at::Tensor& key,
                                   const at::Tensor& value, const RotaryAngles& angles,
                                   const at::Tensor& selected) {
  const AttentionPlan& plan = selected.defined() ? selected_ : all_;
  const at::Tensor keys = put_tokens(key, value, angles, written_, pages_.layer(layer));
  const at::Tensor queries = rotated_queries(query, angles, selected);
  std::vector<at::Tensor> outs, sums;
  for (const AttentionCall& call : plan.own) {
    const AttentionPart output = answer(layer, call, queries, keys, value);
    outs.push_back(output.out);
    if (!plan.prefixes.empty()) sums.push_back(output.logsumexp);
  }
  const AttentionPart all{joined(outs, 0), sums.empty() ? at::Tensor() : joined(sums, 1)};
  for (const AttentionCall& call : plan.prefixes)
    merge(answer(layer, call, queries, keys, value), call.row, all);
  return all.out.flatten(1);
}

AttentionPart TensorAttention::answer(size_t layer, const AttentionCall& call, const at::Tensor& query,
                                      const at::Tensor& key, const at::Tensor& value) const {
  const at::Tensor asked = query.narrow(0, call.row, call.rows());
  if (call.fresh) return ragged_attention(asked, key, value, call.lengths, call.causal);
  const auto& [keys, values] = pages_.layer(layer);
  if (!call.slots.defined()) return ragged_attention(asked, keys, values, call.lengths, call.causal);
  return ragged_attention(asked, gather_rows(keys, call.slots), gather_rows(values, call.slots), call.lengths,
                          call.causal);
}

}  // namespace imp::models
