// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/generation/page_pool.h"

namespace imp::models {

/// Packed rows that are neighbours in one segment: the tokens from `start` on.
struct RowSpan {
  int64_t row = 0;
  int64_t count = 0;
  int64_t start = 0;
  const Segment* segment = nullptr;
  const Segment* prefix = nullptr;  ///< a whole segment that all of them also see; nullptr: none
};

/// Neighbouring rows of one span that ask.
struct AskingRows {
  const RowSpan* span = nullptr;
  int64_t first = 0, count = 0;  ///< of the span's rows
  int64_t row = 0;               ///< of query and output
};

/// All rows of spans, which stand in rising order and outlive the result.
[[nodiscard]] std::vector<AskingRows> asking_rows(const std::vector<RowSpan>& spans);

/// The selected rows alone, which are in rising order within a span; those of no span (filling) ask nothing.
[[nodiscard]] std::vector<AskingRows> asking_rows(const std::vector<RowSpan>& spans,
                                                  const std::vector<int64_t>& selected);

}  // namespace imp::models
