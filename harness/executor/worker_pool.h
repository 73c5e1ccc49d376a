// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/executor/local_executor.h"
#include "harness/executor/machine.h"
#include "harness/executor/work_queue.h"
#include "harness/executor/work_unit.h"
#include "harness/executor/worker_process.h"

namespace imp::harness {

/// Runs whatever of a plan is missing in worker processes, several trials at once. This process, the
/// coordinator, gives out units (WorkQueue), as many as there are jobs and their predicted memory fits, shows
/// what workers report, and takes outcomes in. A worker lives for many units, since starting one and reading
/// the sweep takes a second; after a unit that failed it is replaced, so that each next try has a fresh
/// process. One that dies is a failed attempt of its trial. Workers of a coordinator that was killed end
/// their unit by themselves; the next coordinator counts them as busy and leaves them what they hold leases
/// on.
class WorkerPool {
 public:
  struct Options {
    std::vector<std::string> worker_arguments;  ///< of imp-sweep, for a worker of this sweep
    Machine machine;
    Jobs jobs;
    bool fail_fast = false;
  };
  /// stop_requests: how often the run was asked to stop; at the second time workers are killed.
  WorkerPool(const Plan& plan, const std::filesystem::path& runs, Options options,
             const std::atomic<bool>& stop, const std::atomic<int>& stop_requests, Progress& progress,
             TrialEnded trial_ended);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Throws as LocalExecutor::run.
  [[nodiscard]] SweepResult run();

 private:
  /// A place for a worker.
  struct Slot {
    std::unique_ptr<WorkerProcess> process;
    std::optional<WorkItem> item;  ///< that it does
    std::string began;             ///< when it was given it
    std::string stage;             ///< kind that it reported last to begin
  };

  void give_out();
  void start(Slot& slot, const WorkItem& item);
  [[nodiscard]] WorkUnit unit_of(const WorkItem& item);
  /// Whether the predicted memory of what runs and of one more fits; says once that it does not.
  [[nodiscard]] bool fits(const WorkItem& item);
  [[nodiscard]] PredictedMemory memory_of(const WorkItem& item) const;
  /// Processes on this machine that work on this sweep for another coordinator.
  [[nodiscard]] std::size_t others_at_work();
  [[nodiscard]] std::size_t busy() const;

  void wait_for_reports();
  void read_reports(Slot& slot);
  void take_report(Slot& slot, const std::string& line);
  void take_result(Slot& slot, const UnitResult& result);
  void take_trial_result(const WorkItem& item, const UnitResult& result);
  void take_stage_result(const WorkItem& item, const UnitResult& result);
  void take_death(Slot& slot);
  void record_death(const WorkItem& item, Attempt attempt);
  void try_again_or_fail(const WorkItem& item, const Attempt& attempt);
  void say_once(const std::string& line);
  void stop_workers(int signal);

  const Plan& plan_;
  Options options_;
  const std::atomic<bool>& stop_;
  const std::atomic<int>& stop_requests_;
  Progress& progress_;
  TrialEnded trial_ended_;
  TrialRunner runner_;
  std::optional<WorkQueue> queue_;
  std::vector<Slot> slots_;
  std::map<std::size_t, TrialConfig> configs_;  ///< of trials that are tried again
  std::map<std::size_t, std::int64_t> tries_;
  std::map<std::string, double> made_early_;  ///< stages made as units, until a trial takes them on
  StageBytes bytes_;
  std::set<std::string> stages_;  ///< of the plan, by folder
  std::set<std::string> said_;
  SweepResult result_;
  std::optional<std::string> machine_problem_;  ///< ends the sweep
  bool stopping_ = false, killing_ = false;
  std::chrono::steady_clock::time_point nothing_until_{};  ///< when to ask again for what can begin
  std::chrono::steady_clock::time_point looked_{};         ///< for others at work
  std::size_t others_ = 0;
};

}  // namespace imp::harness
