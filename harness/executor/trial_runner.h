// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "harness/executor/outcome.h"
#include "harness/executor/stage_maker.h"

namespace imp::harness {

enum class Ending { done, failed, interrupted };

/// Attempts at trials in this process. Who runs a trial holds a lease on it, so that one of several
/// coordinators does.
class TrialRunner {
 public:
  /// What is referred to outlives it.
  TrialRunner(const SweepSpec& spec, const std::filesystem::path& runs, const std::atomic<bool>& stop,
              Progress& progress);

  [[nodiscard]] StageMaker& stages() { return stages_; }
  [[nodiscard]] bool is_done(const PlannedTrial& planned);

  /// The lease on a trial; nothing where another process runs it.
  [[nodiscard]] std::optional<Lease> try_claim(const std::string& trial) { return trials_.try_take(trial); }
  /// Waits for it. Nothing where the run was asked to stop.
  [[nodiscard]] std::optional<Lease> claim(const std::string& trial);
  /// All who run a trial of the sweep at the moment, by the trial's name.
  [[nodiscard]] std::map<std::string, LeaseOwner> running() { return trials_.holders(); }
  /// Who runs the trial at the moment, if anyone does.
  [[nodiscard]] std::optional<LeaseOwner> runner_of(const std::string& trial) {
    return trials_.holder(trial);
  }

  /// One try at a trial, added to the outcome. Throws imp::Error (environment): the next trial would meet it,
  /// too.
  Ending attempt(const PlannedTrial& planned, const std::string& label, TrialOutcome& outcome);
  /// Writes the outcome after the last try, with what the trial was asked if it is done.
  void write(const PlannedTrial& planned, TrialOutcome& outcome);

  /// Seconds of a stage that was made ahead of all trials, and counts as made by the first that uses it.
  void note_made_early(const std::string& key, double seconds) { made_early_[key] = seconds; }

 private:
  void make_stages(const PlannedTrial& planned, const std::string& label, TrialOutcome& outcome,
                   std::string& kind);
  /// Writes what a finished trial was asked, where the sweep's folder does not have it yet.
  void record_questions(TrialOutcome& outcome);
  void say_scores(const std::string& trial, const nlohmann::json& outcome);

  const SweepSpec& spec_;
  std::filesystem::path folder_;  ///< of the sweep
  const std::atomic<bool>& stop_;
  Progress& progress_;
  StageMaker stages_;
  Leases trials_;
  /// Keys of stages that were there. Trials share them, and the record of one may be long.
  std::set<std::string> seen_;
  std::map<std::string, std::string> question_sets_;  ///< by what an eval stage asks; see record_questions
  std::map<std::string, double> made_early_;          ///< key -> seconds; see note_made_early
};

}  // namespace imp::harness
