// SPDX-License-Identifier: Apache-2.0
#include "models/generation/page_runs.h"

#include <algorithm>
#include <iterator>

namespace imp::models {

PageRuns::PageRuns(int64_t pages) {
  if (pages > 0) free_.emplace(0, static_cast<int32_t>(pages));
}

std::vector<int32_t> PageRuns::take(int64_t count) {
  std::vector<int32_t> pages;
  auto best = free_.end();
  for (auto run = free_.begin(); run != free_.end(); ++run)
    if (run->second >= count && (best == free_.end() || run->second < best->second)) best = run;
  if (best != free_.end()) take_from(best, count, pages);
  while (static_cast<int64_t>(pages.size()) < count) {
    const auto lowest = free_.begin();
    take_from(lowest, std::min<int64_t>(lowest->second, count - static_cast<int64_t>(pages.size())), pages);
  }
  return pages;
}

void PageRuns::take_from(std::map<int32_t, int32_t>::iterator run, int64_t count,
                         std::vector<int32_t>& pages) {
  const auto taken = static_cast<int32_t>(count);
  const auto [first, length] = *run;
  for (int32_t i = 0; i < taken; ++i) pages.push_back(first + i);
  free_.erase(run);
  if (taken < length) free_.emplace(first + taken, length - taken);
}

void PageRuns::give_back(int32_t page) {
  auto next = free_.lower_bound(page);
  int32_t first = page, length = 1;
  if (next != free_.end() && next->first == page + 1) {
    length += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == page) {
      first = before->first;
      length += before->second;
      free_.erase(before);
    }
  }
  free_.emplace(first, length);
}

}  // namespace imp::models
