// SPDX-License-Identifier: Apache-2.0
#include "models/generation/page_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "models/io/hash.h"

namespace imp::models {
namespace {

constexpr int kPages = 60;

/// Length of the longest run of free pages, by looking at each.
int64_t longest_run(const std::set<int32_t>& taken) {
  int64_t longest = 0, length = 0;
  for (int32_t page = 0; page < kPages; ++page) {
    length = taken.contains(page) ? 0 : length + 1;
    longest = std::max(longest, length);
  }
  return longest;
}

TEST(PageRuns, GiveOutEachPageOnceAndInARowWhereThereIsARow) {
  PageRuns runs(kPages);
  std::set<int32_t> taken;
  std::vector<std::vector<int32_t>> held;
  size_t in_pieces = 0;
  for (uint64_t step = 0; step < 4000; ++step) {
    const uint64_t random = counter_random(1, 0, step);
    const auto count = static_cast<int64_t>(1 + random % 9);
    if (static_cast<int64_t>(taken.size()) + count > kPages || (random >> 8) % 3 == 0) {
      if (held.empty()) continue;
      const size_t which = (random >> 16) % held.size();
      for (const int32_t page : held[which]) {
        runs.give_back(page);
        taken.erase(page);
      }
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
      continue;
    }
    const int64_t longest = longest_run(taken);
    held.push_back(runs.take(count));
    const std::vector<int32_t>& pages = held.back();
    ASSERT_EQ(pages.size(), static_cast<size_t>(count));
    for (const int32_t page : pages) {
      ASSERT_TRUE(page >= 0 && page < kPages);
      ASSERT_TRUE(taken.insert(page).second) << "page " << page << " twice";
    }
    const bool in_a_row =
        pages.back() - pages.front() + 1 == count && std::is_sorted(pages.begin(), pages.end());
    ASSERT_EQ(in_a_row, count <= longest) << "step " << step;
    if (!in_a_row) ++in_pieces;
  }
  EXPECT_GT(in_pieces, 0U);
}

}  // namespace
}  // namespace imp::models
