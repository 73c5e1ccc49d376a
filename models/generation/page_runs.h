// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace imp::models {

/// Numbers 0 .. pages - 1, given out in runs that follow one another as far as there are any.
class PageRuns {
 public:
  explicit PageRuns(int64_t pages);

  /// The shortest free run that is long enough; pieces of runs, the lowest first, where none is. As many must
  /// be free.
  [[nodiscard]] std::vector<int32_t> take(int64_t count);
  void give_back(int32_t page);

 private:
  void take_from(std::map<int32_t, int32_t>::iterator run, int64_t count, std::vector<int32_t>& pages);

  std::map<int32_t, int32_t> free_;  ///< first page of each free run -> its length; no two touch
};

}  // namespace imp::models
