// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/comparison.h"

namespace imp::results {

/// The part of a sweep that can be compared: cells that all have the same seeds done.
struct ComparedSweep {
  std::vector<ComparedFactor> factors;
  std::vector<ComparedCell> cells;
  std::vector<std::int64_t> seeds;
  std::vector<std::int64_t> trials;  ///< [cells][seeds]: trial ids
  std::size_t cells_left_out = 0;    ///< they lack one of the seeds
  std::size_t seeds_left_out = 0;    ///< some cell lacks them

  /// Fewer than two cells are nothing to compare.
  [[nodiscard]] bool is_comparable() const { return cells.size() > 1; }
};

/// Chooses seeds so that the most trials are compared: a seed that few cells have is left out, or else the
/// cells that lack it. Throws StoreError for JSON texts that are none.
[[nodiscard]] ComparedSweep load_compared_sweep(Database& database, std::int64_t sweep_id);

}  // namespace imp::results
