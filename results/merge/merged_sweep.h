// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "results/database.h"

namespace imp::results {

// Sweeps of an attached database `b` taken into the main one. Each runs in the caller's transaction; ids of
// sweeps are of the database that the name says.

/// Why the sweep `from` of b cannot become one with the sweep `into`: a line each; none if it can.
[[nodiscard]] std::vector<std::string> sweep_conflicts(Database& database, std::int64_t into,
                                                       std::int64_t from);

/// A sweep row like that of b, under a name; no trials, factors or claims yet.
[[nodiscard]] std::int64_t add_empty_sweep(Database& database, std::int64_t from, const std::string& name);

struct MergedTrials {
  std::size_t taken = 0;  ///< from b
  std::size_t same = 0;   ///< done in both alike
};

/// Takes in factors, seeds, claims files, questions, pictures and trials of b's sweep, and numbers the cells
/// anew.
MergedTrials take_in_sweep_of_b(Database& database, std::int64_t into, std::int64_t from);

/// Takes in the stages that the main database does not know, with their steps.
void take_in_stages_of_b(Database& database);

}  // namespace imp::results
