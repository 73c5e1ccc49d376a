// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "models/generation/cache_kernel.h"
#include "models/generation/page_memory.h"

namespace imp::models {

/// Pages in tensors, of a GPU or the CPU: for each layer keys and values [slots, kv_heads, head_dim], a page
/// being kPageTokens slots in a row.
class TensorPages : public PageMemory {
 public:
  /// options: of the model's weights.
  TensorPages(const PageShape& shape, const at::TensorOptions& options);

  [[nodiscard]] int64_t page_bytes() const override;
  [[nodiscard]] bool likes_runs() const override { return true; }
  /// Once.
  void reserve(int64_t pages) override;
  void copy(const std::vector<int32_t>& from, const std::vector<int32_t>& to, int64_t tokens) override;

  [[nodiscard]] const LayerCache& layer(size_t number) const { return layers_[number]; }

 private:
  PageShape shape_;
  at::TensorOptions options_;
  at::Tensor keys_, values_;  ///< [layers, slots, kv_heads, head_dim]
  std::vector<LayerCache> layers_;
};

/// Rows [slots] of a cache, in a row.
[[nodiscard]] at::Tensor gather_rows(const at::Tensor& cache, const at::Tensor& slots);

}  // namespace imp::models
