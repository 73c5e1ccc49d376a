// SPDX-License-Identifier: Apache-2.0
#include "models/generation/row_spans.h"

#include <algorithm>
#include <iterator>

namespace imp::models {

std::vector<AskingRows> asking_rows(const std::vector<RowSpan>& spans) {
  std::vector<AskingRows> all;
  for (const RowSpan& span : spans) all.push_back({&span, 0, span.count, span.row});
  return all;
}

std::vector<AskingRows> asking_rows(const std::vector<RowSpan>& spans, const std::vector<int64_t>& selected) {
  std::vector<AskingRows> all;
  for (int64_t i = 0; i < static_cast<int64_t>(selected.size()); ++i) {
    const int64_t row = selected[static_cast<std::size_t>(i)];
    const auto after = std::upper_bound(spans.begin(), spans.end(), row,
                                        [](int64_t r, const RowSpan& span) { return r < span.row; });
    if (after == spans.begin()) continue;
    const RowSpan* const span = &*std::prev(after);
    const int64_t place = row - span->row;
    if (place >= span->count) continue;  // filling
    if (!all.empty() && all.back().span == span && all.back().first + all.back().count == place &&
        all.back().row + all.back().count == i) {
      ++all.back().count;
    } else {
      all.push_back({span, place, 1, i});
    }
  }
  return all;
}

}  // namespace imp::models
