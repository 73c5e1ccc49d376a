// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/database.h"
#include "results/report/table.h"

namespace imp::results {

/// Which rows of v_effects a table shows.
enum class EffectRows {
  levels,       ///< two levels of a factor, on all questions of a benchmark
  families,     ///< the same, by question family
  interactions  ///< how one factor's effect changes with another's level, on all questions
};

/// The effects of a sweep (the newest one if the name is empty). Throws StoreError as choose_sweep does.
[[nodiscard]] Table effects_table(Database& database, const std::string& sweep, EffectRows rows);

}  // namespace imp::results
