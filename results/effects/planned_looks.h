// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"

namespace imp::results {

/// That a sweep's effects of one factor are looked at several times, with more seeds each time where they are
/// not resolved (statistics/looks.h). Written down before the first seed is added.
struct PlannedLooks {
  std::string factor;
  std::int64_t looks = 1;         ///< at most
  std::int64_t seeds_a_look = 0;  ///< the sweep file's number: a cell has k times as many at look k
  std::string recorded;           ///< ISO 8601, UTC

  friend bool operator==(const PlannedLooks&, const PlannedLooks&) = default;
};

/// Seeds that a cell was given beyond the sweep file's.
struct CellSeeds {
  std::map<std::string, std::string> levels;  ///< of every factor of the sweep
  std::vector<std::int64_t> seeds;
};

/// What a look added.
struct SeedRound {
  std::int64_t look = 0;  ///< at which the seeds will be seen, from 2
  std::string recorded;   ///< ISO 8601, UTC
  std::vector<CellSeeds> cells;
};

/// runs/<sweep>/added_seeds.json
struct LooksRecord {
  PlannedLooks planned;
  std::vector<SeedRound> rounds;
};

/// Throws StoreError (usage) naming file and key.
[[nodiscard]] LooksRecord read_looks_record(const std::filesystem::path& path);
/// Its text.
[[nodiscard]] std::string looks_record_text(const LooksRecord& record);

/// Writes what is planned in place of what was; nothing removes it. Returns whether it changed. Runs in the
/// caller's transaction.
bool replace_planned_looks(Database& database, std::int64_t sweep_id,
                           const std::optional<PlannedLooks>& planned);
[[nodiscard]] std::optional<PlannedLooks> load_planned_looks(Database& database, std::int64_t sweep_id);

/// How many looks at a factor's effects are planned, 1 if none are; `factor` may be an interaction ("a x b").
[[nodiscard]] int looks_at(const std::optional<PlannedLooks>& planned, const std::string& factor);

}  // namespace imp::results
