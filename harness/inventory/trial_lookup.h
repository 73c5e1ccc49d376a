// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/inventory/run_folders.h"

namespace imp::harness {

/// The trial that `name` names: its run folder, `sweep/trial`, a trial's name, or the beginning of one of
/// these that only one has. Throws imp::Error (usage) where it is none (with the nearest) or several.
[[nodiscard]] const TrialRecord& find_trial(const std::vector<SweepFolder>& sweeps, const std::string& name);

}  // namespace imp::harness
