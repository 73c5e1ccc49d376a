// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "models/generation/attention_plan.h"
#include "models/generation/cached_attention.h"
#include "models/generation/tensor_pages.h"

namespace imp::models {

/// Causal attention of packed rows over pages in tensors, for models on a GPU: ragged_attention over
/// each span's own tokens, and over a prefix once for all rows that share it. Nothing in it waits for the
/// device. Rows of a pass must all be in spans (no filling).
class TensorAttention : public CachedAttention {
 public:
  /// options: of the model's weights.
  TensorAttention(const PageShape& shape, const at::TensorOptions& options, PrefixForm form)
      : pages_(shape, options), device_(options.device()), form_(form) {}

  [[nodiscard]] PageMemory& memory() override { return pages_; }
  void begin_pass(std::vector<RowSpan> spans, const std::vector<int64_t>& selected) override;
  [[nodiscard]] at::Tensor attend(size_t layer, const at::Tensor& query, const at::Tensor& key,
                                  const at::Tensor& value, const RotaryAngles& angles,
                                  const at::Tensor& selected) override;

 private:
  [[nodiscard]] AttentionPart answer(size_t layer, const AttentionCall& call, const at::Tensor& query,
                                     const at::Tensor& key, const at::Tensor& value) const;

  TensorPages pages_;
  at::Device device_;
  PrefixForm form_;
  at::Tensor written_;  ///< [rows] int64, slots of the pass's rows
  AttentionPlan all_, selected_;
};

}  // namespace imp::models
