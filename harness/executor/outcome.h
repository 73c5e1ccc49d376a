// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/plan/plan.h"
#include "harness/stages/stage_store.h"

namespace imp::harness {

/// One stage as a trial used it.
struct StageUse {
  StageRequest request;
  bool reused = false;
  double seconds = 0.0;  ///< of making it; 0 if reused
};

/// One try at a trial.
struct Attempt {
  int64_t number = 1;
  std::string started, ended;
  std::string status;  ///< done, failed, interrupted
  std::string stage;   ///< the kind that failed or was interrupted
  std::string error_type, error_message;
  int64_t micro_batch = 0;
};

/// How a trial ended.
struct TrialOutcome {
  std::string status;  ///< done, failed, interrupted
  std::vector<StageUse> stages;
  std::vector<Attempt> attempts;
  std::map<std::string, std::string> question_sets = {};  ///< by benchmark: its record (question_record.h)
  std::string device = "cpu";  ///< that the trial got, as models::describe() has it
};

/// Writes `<trial folder>`: resolved.yaml, train.jsonl, predictions and, last, outcome.json, from the
/// finished stages. Earlier attempts of an outcome.json that is there are kept. Throws imp::Error
/// (environment).
void write_outcome(const std::filesystem::path& folder, const std::string& sweep, const PlannedTrial& planned,
                   const StageStore& store, const TrialOutcome& outcome);

/// The outcome.json of a trial folder; null if there is none, or one that imp did not write so: the trial
/// then counts as not run.
[[nodiscard]] nlohmann::json read_outcome(const std::filesystem::path& folder);

}  // namespace imp::harness
