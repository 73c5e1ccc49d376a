// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/comparison.h"

namespace imp::results {

/// The part of a sweep that can be compared: its done trials. Cells need not have the same seeds.
struct ComparedSweep {
  std::int64_t sweep_id = 0;
  std::vector<ComparedFactor> factors;
  std::vector<ComparedCell> cells;   ///< that have a done trial
  std::vector<std::int64_t> seeds;   ///< of any cell, ascending
  std::vector<std::int64_t> trials;  ///< ids
  std::vector<std::size_t> runs;     ///< of each trial, cell * number of seeds + seed

  /// Fewer than two cells are nothing to compare.
  [[nodiscard]] bool is_comparable() const { return cells.size() > 1; }
  /// Of the cell that has the fewest, or the most.
  [[nodiscard]] std::size_t fewest_seeds() const;
  [[nodiscard]] std::size_t most_seeds() const;
};

/// Throws StoreError for JSON texts that are none.
[[nodiscard]] ComparedSweep load_compared_sweep(Database& database, std::int64_t sweep_id);

}  // namespace imp::results
