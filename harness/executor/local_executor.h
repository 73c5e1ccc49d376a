// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>

#include "harness/executor/outcome.h"
#include "harness/executor/progress.h"
#include "harness/plan/plan.h"

namespace imp::harness {

/// How a sweep ended.
struct SweepResult {
  int64_t done = 0, failed = 0, already_done = 0;
  bool interrupted = false;
};

/// Runs in this process, one trial after another, whatever of a plan is missing. A stage that several trials
/// need is made once. A trial that fails is recorded and the others go on; a problem of the machine (disk
/// full, folder not writable) ends the sweep, since the next trial would meet it too.
class LocalExecutor {
 public:
  /// trial_ended is called with the name of each trial whose outcome.json was written.
  LocalExecutor(const Plan& plan, std::filesystem::path runs, const std::atomic<bool>& stop,
                Progress& progress, std::function<void(const std::string&)> trial_ended);

  /// Throws imp::Error (environment).
  [[nodiscard]] SweepResult run();

 private:
  enum class Ending { done, failed, interrupted };
  [[nodiscard]] bool is_done(const PlannedTrial& planned) const;
  /// Tries as often as the sweep's `retry` allows, and writes the outcome.
  [[nodiscard]] Ending run_trial(const PlannedTrial& planned, size_t number);
  [[nodiscard]] Ending attempt_trial(const PlannedTrial& planned, const std::string& label,
                                     TrialOutcome& outcome);
  void say_scores(const std::string& trial, const nlohmann::json& outcome);
  /// Makes what is missing of the trial's stages; throws what a stage throws, with `kind` naming it.
  void make_stages(const PlannedTrial& planned, const std::string& label, TrialOutcome& outcome,
                   std::string& kind);

  const Plan& plan_;
  std::filesystem::path runs_;
  const std::atomic<bool>& stop_;
  Progress& progress_;
  std::function<void(const std::string&)> trial_ended_;
  StageStore store_;
};

}  // namespace imp::harness
