// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/edit_distance.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace imp::eval {

std::size_t edit_distance_up_to(std::u32string_view a, std::u32string_view b, std::size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit) return limit + 1;
  std::vector<std::size_t> row(a.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t j = 0; j < b.size(); ++j) {
    std::size_t diagonal = row[0];
    row[0] = j + 1;
    std::size_t least = row[0];
    for (std::size_t i = 0; i < a.size(); ++i) {
      const std::size_t above = row[i + 1];
      row[i + 1] = a[i] == b[j] ? diagonal : 1 + std::min({diagonal, above, row[i]});
      diagonal = above;
      least = std::min(least, row[i + 1]);
    }
    if (least > limit) return limit + 1;
  }
  return row.back();
}

}  // namespace imp::eval
