// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "harness/plan/plan.h"

namespace imp::harness {

/// Something that a worker can do at once.
struct WorkItem {
  std::size_t trial = 0;             ///< index in Plan::trials
  std::optional<std::size_t> stage;  ///< index in Plan::stages of the one stage to make for it

  auto operator<=>(const WorkItem&) const = default;
};

/// In which order a plan's work is given out, so that nobody waits for a stage that somebody else makes while
/// other work is left. Stages that several open trials need are units of their own and come first, the one
/// that most trials wait for before the others; a trial is given out when all such stages of it are there. A
/// shared stage that failed is left to its trials, each of which tries it and records how it ended. What
/// another process makes or runs is passed over until it has ended.
class WorkQueue {
 public:
  /// What the runs folder says.
  struct Folder {
    std::function<bool(const PlannedTrial&)> is_done;
    std::function<bool(const StageRequest&)> has;
    std::function<bool(const StageRequest&)> is_made_elsewhere;
    std::function<bool(const std::string& trial)> is_run_elsewhere;
  };
  WorkQueue(const Plan& plan, Folder folder);

  /// The next unit that can begin and for which `fits` holds.
  [[nodiscard]] std::optional<WorkItem> next(const std::function<bool(const WorkItem&)>& fits);
  void begin(const WorkItem& item) { under_way_.insert(item); }
  /// A trial that ended is not given out again; a stage may be.
  void end(const WorkItem& item);
  /// Not ended: it will be given out again.
  void give_back(const WorkItem& item) { under_way_.erase(item); }
  /// The stage failed as a unit of its own.
  void leave_to_trials(std::size_t stage) { left_to_trials_.insert(stage); }

  [[nodiscard]] bool is_empty() const { return open_.empty(); }
  [[nodiscard]] const std::set<std::size_t>& open_trials() const { return open_; }
  [[nodiscard]] std::size_t already_done() const { return plan_.trials.size() - opened_; }

 private:
  [[nodiscard]] bool is_shared(std::size_t stage) const { return waiting_[stage] > 1; }
  [[nodiscard]] bool is_there(std::size_t stage);
  [[nodiscard]] bool has_inputs(const PlannedTrial& trial, const StageRequest& request);
  [[nodiscard]] std::optional<WorkItem> next_stage(const std::function<bool(const WorkItem&)>& fits);
  [[nodiscard]] bool is_ready(const PlannedTrial& trial);

  const Plan& plan_;
  Folder folder_;
  std::set<std::size_t> open_;         ///< trials that have not ended
  std::size_t opened_ = 0;             ///< trials that were open at the beginning
  std::vector<std::size_t> waiting_;   ///< by stage: open trials that need it
  std::vector<std::size_t> shared_;    ///< stages that are units of their own, in the order of giving out
  std::vector<std::size_t> trial_of_;  ///< by stage: the first open trial that needs it
  std::unordered_set<std::size_t> there_, left_to_trials_;
  std::set<WorkItem> under_way_;
};

}  // namespace imp::harness
