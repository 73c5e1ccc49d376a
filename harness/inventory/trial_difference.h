// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/inventory/run_folders.h"
#include "harness/inventory/stage_difference.h"
#include "harness/inventory/stage_lookup.h"

namespace imp::harness {

/// A value that two trials have, or may have; null where one has none.
struct ComparedValue {
  std::string name;
  nlohmann::json a, b;
};

/// A stage of either trial; the same key twice where they share it.
struct ComparedStage {
  std::string kind, key_a, key_b;  ///< a key is "" where that trial has no such stage
  /// All that it is made from is shared, so that this is where the trees part; with what differs in itself,
  /// where both stages are there to be asked.
  bool parts_here = false;
  std::vector<StageDifference> differences = {};

  [[nodiscard]] bool is_shared() const { return key_a == key_b; }
};

/// What `imp-sweep diff` tells of two trials.
struct TrialDifference {
  std::string a, b;                             ///< `sweep/trial (done)`
  std::vector<ComparedValue> differing, alike;  ///< keys of the resolved configurations
  std::vector<ComparedStage> stages;
  std::vector<ComparedValue> provenance;  ///< in which they differ: machine, versions, device, threads
  std::vector<ComparedValue> scores;      ///< where both are done
};

[[nodiscard]] TrialDifference compare_trials(const TrialRecord& a, const TrialRecord& b,
                                             const StageIndex& index);

/// Side by side, what differs first; what is alike as one line, or all of it.
[[nodiscard]] std::string difference_as_text(const TrialDifference& difference, bool all);
[[nodiscard]] nlohmann::ordered_json difference_as_json(const TrialDifference& difference);

}  // namespace imp::harness
