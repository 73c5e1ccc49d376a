// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "harness/plan/expand.h"
#include "results/effects/planned_looks.h"

namespace imp::harness {

// `imp-sweep FILE --until-resolved FACTOR`: the effects of FACTOR are looked at with the sweep file's seeds,
// S, and with 2 S, 3 S and 4 S where a look does not resolve them (results/statistics/looks.h). Only the
// cells of what is not resolved get more seeds, so cells have unequal numbers
// (results/statistics/contrast.h).

inline constexpr int kPlannedLooks = 4;

/// The looks that are planned at the factor's effects: `earlier`, what the run folder has, or else new ones.
/// Throws imp::Error (usage) if the sweep has no such factor, or nothing to compare in it, or if earlier
/// looks were planned at another factor or with another number of seeds.
[[nodiscard]] results::LooksRecord plan_looks(const Sweep& sweep, const std::string& factor,
                                              const std::optional<results::LooksRecord>& earlier,
                                              const std::string& now);

/// The look that a sweep is at: 1 with the sweep file's seeds alone.
[[nodiscard]] inline std::int64_t current_look(const results::LooksRecord& record) {
  return static_cast<std::int64_t>(record.rounds.size()) + 1;
}

/// The seeds that bring these cells, by their levels, to the next look's number. Every cell takes them from
/// one list, the sweep file's and the whole numbers behind the highest of these, so that compared cells have
/// them in common.
[[nodiscard]] results::SeedRound next_round(const Sweep& sweep, const results::LooksRecord& record,
                                            const std::set<std::map<std::string, std::string>>& cells,
                                            const std::string& now);

}  // namespace imp::harness
