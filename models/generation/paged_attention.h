// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "models/generation/page_pool.h"
#include "models/layers/sequence_layout.h"

namespace imp::models {

/// Packed rows that are neighbours in one segment: the tokens from `start` on.
struct RowSpan {
  int64_t row = 0;
  int64_t count = 0;
  int64_t start = 0;
  const Segment* segment = nullptr;
  const Segment* prefix = nullptr;  ///< a whole segment that all of them also see; nullptr: none
};

/// Memory that attention uses again and again; float32, as long as ever needed.
struct AttentionScratch {
  at::Tensor rotated, scores;
};

/// Causal attention of packed rows over pages (layers/page_attention.h), without padding. A row's output
/// depends on its own query and the tokens it sees alone, in every bit. float32 inside; runs on the calling
/// thread.
class PagedAttention : public AttentionOverCache {
 public:
  explicit PagedAttention(const PageShape& shape) : shape_(shape) {}

  /// The rows of the next calls, in rising order. Rows in no span are filling and get zeros.
  void set_spans(std::vector<RowSpan> spans) { spans_ = std::move(spans); }

  [[nodiscard]] at::Tensor attend(size_t layer, const at::Tensor& query, const at::Tensor& key,
                                  const at::Tensor& value, const RotaryAngles& angles,
                                  const at::Tensor& selected) override;

 private:
  PageShape shape_;
  std::vector<RowSpan> spans_;
  AttentionScratch scratch_;
};

}  // namespace imp::models
