// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

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
/// need is made once. Before the first trial the pictures of all that are left to do are looked at, and those
/// that cannot be read end the sweep, all listed at once (imp::Error, usage). A trial that fails is recorded
/// and the others go on; a problem of the machine (disk full, folder not writable) ends the sweep, since the
/// next trial would meet it too.
class LocalExecutor {
 public:
  /// trial_ended is called with the name of each trial whose outcome.json was written.
  LocalExecutor(const Plan& plan, std::filesystem::path runs, const std::atomic<bool>& stop,
                Progress& progress, std::function<void(const std::string&)> trial_ended);

  /// Throws imp::Error (environment; usage for pictures that cannot be read).
  [[nodiscard]] SweepResult run();

 private:
  enum class Ending { done, failed, interrupted };
  [[nodiscard]] bool is_done(const PlannedTrial& planned) const;
  /// Tries as often as the sweep's `retry` allows, and writes the outcome.
  [[nodiscard]] Ending run_trial(const PlannedTrial& planned, size_t number);
  [[nodiscard]] Ending attempt_trial(const PlannedTrial& planned, const std::string& label,
                                     TrialOutcome& outcome);
  /// Writes what a finished trial was asked, where the sweep's folder does not have it yet.
  void record_questions(TrialOutcome& outcome);
  void say_scores(const std::string& trial, const nlohmann::json& outcome);
  /// Makes the pictures stages that are missing, with the data that they look at.
  void look_at_pictures();
  /// Makes a stage unless it is there; its seconds, or nothing. Throws what a stage throws.
  std::optional<double> make_if_missing(const PlannedTrial& planned, const StageRequest& request,
                                        const std::string& label);
  /// Gives each `device` that the trials left to do name its device. Throws imp::Error (environment) for one
  /// that cannot be used.
  void resolve_devices();
  [[nodiscard]] at::Device device_of(const PlannedTrial& planned) const {
    return devices_.at(planned.trial.config.device);
  }
  void note_unfinished(const StageRequest& request, const StageCost& cost) noexcept;
  /// Makes what is missing of the trial's stages; throws what a stage throws, with `kind` naming it.
  void make_stages(const PlannedTrial& planned, const std::string& label, TrialOutcome& outcome,
                   std::string& kind);

  const Plan& plan_;
  std::filesystem::path runs_;
  const std::atomic<bool>& stop_;
  Progress& progress_;
  std::function<void(const std::string&)> trial_ended_;
  StageStore store_;
  std::map<std::string, at::Device> devices_;         ///< by the configuration's word for it
  std::map<std::string, std::string> question_sets_;  ///< by what an eval stage asks; see record_questions
  std::map<std::string, double> made_early_;  ///< key -> seconds of stages that no trial has taken on yet
};

}  // namespace imp::harness
