// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "models/generation/cached_attention.h"

namespace imp::models {

/// Memory that attention uses again and again; float32, as long as ever needed.
struct AttentionScratch {
  at::Tensor rotated, scores;
};

/// Causal attention of packed rows over the CPU's pages (layers/page_attention.h), without padding. A row's
/// output depends on its own query and the tokens it sees alone, in every bit. float32 inside; runs on the
/// calling thread.
class PagedAttention : public CachedAttention {
 public:
  explicit PagedAttention(const PageShape& shape) : pages_(shape) {}

  [[nodiscard]] PageMemory& memory() override { return pages_; }
  void begin_pass(std::vector<RowSpan> spans, const std::vector<int64_t>& selected) override;
  [[nodiscard]] at::Tensor attend(size_t layer, const at::Tensor& query, const at::Tensor& key,
                                  const at::Tensor& value, const RotaryAngles& angles,
                                  const at::Tensor& selected) override;

 private:
  CpuPages pages_;
  std::vector<RowSpan> spans_;
  std::vector<AskingRows> all_, selected_;
  AttentionScratch scratch_;
};

}  // namespace imp::models
