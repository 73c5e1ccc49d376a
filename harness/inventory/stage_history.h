// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/inventory/run_folders.h"
#include "harness/inventory/stage_difference.h"
#include "harness/inventory/stage_lookup.h"
#include "harness/plan/plan.h"

namespace imp::harness {

/// What `imp-sweep why STAGE` tells of a stage.
struct StageHistory {
  EarlierStage stage;
  nlohmann::json record;            ///< its stage.json
  std::vector<std::string> inputs;  ///< lines of the tree of what it was made from
  std::vector<std::string> users;   ///< `sweep/trial (done)`
};

/// Throws imp::Error for a stage.json that is gone or broken.
[[nodiscard]] StageHistory history_of(const EarlierStage& stage, const std::filesystem::path& runs,
                                      const StageIndex& index, const std::vector<SweepFolder>& sweeps);

/// How a stage differs from another, or from what a sweep wants in its place.
struct StageComparison {
  std::string now, before;             ///< folders' names
  std::string wanted_by;               ///< the trials of a sweep that want `now`; empty between two stages
  std::vector<StageDifference> lines;  ///< none: it is the same stage
};

[[nodiscard]] StageComparison compare_stages(const EarlierStage& now, const EarlierStage& before,
                                             const StageIndex& index);

/// Against the stage of the same kind in a plan that differs least. Throws imp::Error (usage) where the plan
/// has none of the kind.
[[nodiscard]] StageComparison compare_with_plan(const EarlierStage& stage, const Plan& plan,
                                                const StageIndex& index);

[[nodiscard]] std::string history_as_text(const StageHistory& history);
[[nodiscard]] nlohmann::ordered_json history_as_json(const StageHistory& history);
[[nodiscard]] std::string comparison_as_text(const StageComparison& comparison);
[[nodiscard]] nlohmann::ordered_json comparison_as_json(const StageComparison& comparison);

}  // namespace imp::harness
