// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <ctime>
#include <limits>

namespace imp::test {

/// How much more processor time `large` takes than `small`. The two are run in turns, the least of each
/// counts, and as long as the ratio is above `most` they are run again, up to ten times: what else the
/// machine does only adds time, so it cannot make a ratio small, and a few rounds find it where it is. Times
/// themselves belong into tests/bench.
template <class Small, class Large>
[[nodiscard]] double growth(double most, const Small& small, const Large& large) {
  const auto processor_time = [](const auto& work) {
    const std::clock_t start = std::clock();
    work();
    return static_cast<double>(std::clock() - start);
  };
  double least_small = std::numeric_limits<double>::infinity();
  double least_large = least_small;
  for (int round = 0; round < 10 && (round < 3 || least_large > most * least_small); ++round) {
    least_small = std::min(least_small, processor_time(small));
    least_large = std::min(least_large, processor_time(large));
  }
  return least_large / std::max(least_small, 1.0);
}

}  // namespace imp::test
