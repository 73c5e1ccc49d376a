// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/generation/row_spans.h"
#include "models/layers/sequence_layout.h"

namespace imp::models {

/// Attention over keys and values that it keeps in pages from pass to pass.
class CachedAttention : public AttentionOverCache {
 public:
  [[nodiscard]] virtual PageMemory& memory() = 0;
  /// The rows of the next calls of attend, in rising order, and those that the last block selects. Rows in no
  /// span are filling and get zeros.
  virtual void begin_pass(std::vector<RowSpan> spans, const std::vector<int64_t>& selected) = 0;
};

}  // namespace imp::models
