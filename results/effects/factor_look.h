// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "results/database.h"

namespace imp::results {

/// What a look at a factor's effects sees: on the mean of the sweep's benchmarks, or on its only one.
struct FactorLook {
  std::size_t comparisons = 0;  ///< of two of its levels
  std::vector<std::string>
      open;  ///< in words, those whose interval holds 0, or does not hold what seeds change
  std::set<std::map<std::string, std::string>> cells;  ///< levels of the cells of these
};

/// Throws StoreError as loading effects does.
[[nodiscard]] FactorLook look_at_factor(Database& database, std::int64_t sweep_id, const std::string& factor);

}  // namespace imp::results
