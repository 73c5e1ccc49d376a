// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "harness/executor/outcome.h"
#include "harness/stages/stage_store.h"

namespace imp::harness {

/// `cost` of an outcome.json: what the trial's own stages (training and evaluation) took when they were made,
/// and shared ones if this trial had them made. What each stage took stands in its stage.json; the database
/// divides shared ones (view v_cost). Throws imp::Error (usage) for a stage's file that is not what imp
/// writes.
[[nodiscard]] nlohmann::ordered_json cost_json(const StageStore& store, const TrialOutcome& outcome);

}  // namespace imp::harness
