// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/run_files.h"

namespace imp::results {

/// Writes all rows of one trial from its folder in place of those it had; keeps its trial_id. Runs inside the
/// caller's transaction. With `skip_unchanged` a trial whose files have the sizes and times of last time
/// keeps its rows. Malformed files are told in `problems`. Throws StoreError (environment) from the database.
void replace_trial(Database& database, std::int64_t sweep_id, const PlannedTrial& planned,
                   const std::filesystem::path& folder, bool skip_unchanged,
                   std::vector<std::string>& problems);

/// Writes the row of a stage in place of the one it had.
void replace_stage(Database& database, const StageFile& stage);

}  // namespace imp::results
