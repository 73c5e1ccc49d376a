// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "harness/executor/progress.h"
#include "harness/executor/trial_runner.h"
#include "harness/plan/plan.h"

namespace imp::harness {

/// How a sweep ended.
struct SweepResult {
  int64_t done = 0, failed = 0, already_done = 0;
  bool interrupted = false;
};

/// Called with the name of each trial whose outcome.json was written.
using TrialEnded = std::function<void(const std::string&)>;

/// Runs in this process, one trial after another, whatever of a plan is missing. A stage that several trials
/// need is made once. Before the first trial the pictures of all that are left to do are looked at, and those
/// that cannot be read end the sweep, all listed at once (imp::Error, usage). A trial that fails is recorded
/// and the others go on; a problem of the machine (disk full, folder not writable) ends the sweep, since the
/// next trial would meet it too. Trials that another process runs come last, and are waited for.
class LocalExecutor {
 public:
  LocalExecutor(const Plan& plan, const std::filesystem::path& runs, const std::atomic<bool>& stop,
                Progress& progress, TrialEnded trial_ended);

  /// fail_fast: ends with the first trial that fails. Throws imp::Error (environment; usage for pictures that
  /// cannot be read).
  [[nodiscard]] SweepResult run(bool fail_fast = false);

 private:
  /// Tries as often as the sweep's `retry` allows, and writes the outcome. Nothing where this process stalled
  /// for so long that another one has done the trial meanwhile.
  [[nodiscard]] std::optional<Ending> run_trial(const PlannedTrial& planned, size_t number,
                                                const Lease& lease);
  /// Runs a trial that this process has claimed, unless another one has done it before that. Returns whether
  /// to go on.
  [[nodiscard]] bool run_claimed(size_t index, const Lease& lease, bool fail_fast, SweepResult& result);
  /// Gives each `device` that the trials left to do name its device. Throws imp::Error (environment) for one
  /// that cannot be used.
  void resolve_devices();

  const Plan& plan_;
  Progress& progress_;
  TrialEnded trial_ended_;
  TrialRunner runner_;
};

}  // namespace imp::harness
