// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/question_rows.h"
#include "results/run_files.h"

namespace imp::results {

/// Writes all rows of one trial from its folder in place of those it had; keeps its trial_id. Runs inside the
/// caller's transaction. With `skip_unchanged` a trial whose files have the sizes and times of last time
/// keeps its rows. Malformed files are told in `problems`. Returns
/// whether what is known of the trial's training changed. Throws StoreError (environment) from the database.
bool replace_trial(Database& database, std::int64_t sweep_id, const PlannedTrial& planned,
                   const std::filesystem::path& folder, bool skip_unchanged, SweepQuestions& questions,
                   std::vector<std::string>& problems);

/// Writes the row of a stage in place of the one it had.
void replace_stage(Database& database, const StageFile& stage);

/// Writes the training log of a stage that trials share in place of the one it had.
void replace_stage_steps(Database& database, const StageFile& stage, const std::vector<TrainStep>& steps);

}  // namespace imp::results
