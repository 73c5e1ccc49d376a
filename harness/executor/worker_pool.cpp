// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/worker_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "harness/executor/pictures_look.h"
#include "harness/executor/provenance.h"
#include "harness/executor/retry.h"
#include "harness/plan/config_writer.h"
#include "harness/plan/plan_resources.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

constexpr int kPollMilliseconds = 200;  ///< between two looks for a request to stop
constexpr std::chrono::seconds kLookEvery{1};

}  // namespace

WorkerPool::WorkerPool(const Plan& plan, const std::filesystem::path& runs, Options options,
                       const std::atomic<bool>& stop, const std::atomic<int>& stop_requests,
                       Progress& progress, TrialEnded trial_ended)
    : plan_(plan),
      options_(std::move(options)),
      stop_(stop),
      stop_requests_(stop_requests),
      progress_(progress),
      trial_ended_(std::move(trial_ended)),
      runner_(plan.sweep.spec, runs, stop, progress),
      slots_(static_cast<std::size_t>(options_.jobs.count)),
      bytes_(bytes_of_stages(plan)) {
  runner_.stages().expect_bytes(bytes_);
  for (const PlannedStage& stage : plan.stages) stages_.insert(stage.request->folder());
}

WorkerPool::~WorkerPool() {
  stop_workers(SIGTERM);  // all at once, before each is waited for
}

SweepResult WorkerPool::run() {
  try {
    look_at_pictures(plan_, runner_);
  } catch (const Interrupted&) {
    result_.interrupted = true;
    return result_;
  }
  const StageStore& store = runner_.stages().store();
  queue_.emplace(plan_, WorkQueue::Folder{
                            [&](const PlannedTrial& trial) { return runner_.is_done(trial); },
                            [&](const StageRequest& stage) { return store.has(stage); },
                            [&](const StageRequest& stage) { return store.maker(stage).has_value(); },
                            [&](const std::string& trial) { return runner_.runner_of(trial).has_value(); }});
  result_.already_done = static_cast<std::int64_t>(queue_->already_done());
  while (busy() > 0 || (!queue_->is_empty() && !stopping_)) {
    if (stop_ && !stopping_) {
      result_.interrupted = true;
      stop_workers(SIGTERM);
    }
    if (stop_requests_ > 1 && !std::exchange(killing_, true)) stop_workers(SIGKILL);
    if (!stopping_) give_out();
    wait_for_reports();
  }
  if (machine_problem_) throw Error(*machine_problem_, ErrorKind::environment);
  return result_;
}

std::size_t WorkerPool::busy() const {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.item.has_value(); }));
}

std::size_t WorkerPool::others_at_work() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kLookEvery) return others_;
  looked_ = now;
  std::set<long long> pids;
  for (const auto& [trial, owner] : runner_.running())
    if (runs_here(owner.process)) pids.insert(owner.process.pid);
  for (const auto& [stage, owner] : runner_.stages().store().makers())
    if (stages_.contains(stage) && runs_here(owner.process)) pids.insert(owner.process.pid);
  for (const Slot& slot : slots_)
    if (slot.process) pids.erase(slot.process->pid());
  return others_ = pids.size();
}

void WorkerPool::give_out() {
  if (std::chrono::steady_clock::now() < nothing_until_) return;
  for (Slot& slot : slots_) {
    if (slot.item) continue;
    if (busy() + others_at_work() >= slots_.size()) {
      if (busy() < slots_.size())
        say_once("processes of another run of this sweep are at work; they are waited for");
      return;
    }
    const auto item = queue_->next([&](const WorkItem& next) { return fits(next); });
    if (!item) {
      nothing_until_ = std::chrono::steady_clock::now() + kLookEvery;
      return;
    }
    start(slot, *item);
  }
}

void WorkerPool::start(Slot& slot, const WorkItem& item) {
  if (!slot.process) {
    slot.process = std::make_unique<WorkerProcess>(options_.worker_arguments, options_.jobs.threads);
  }
  queue_->begin(item);
  slot.item = item;
  slot.began = iso_time_now();
  slot.stage.clear();
  slot.process->send(as_line(to_json(unit_of(item))));
}

WorkUnit WorkerPool::unit_of(const WorkItem& item) {
  const PlannedTrial& planned = plan_.trials[item.trial];
  const TrialConfig& config = configs_.try_emplace(item.trial, planned.trial.config).first->second;
  WorkUnit unit;
  unit.trial = planned.trial.name;
  unit.label = fmt::format("[{}/{} {}]", item.trial + 1, plan_.trials.size(), planned.trial.name);
  unit.config = to_json(planned.trial.config);
  unit.stages = planned.stages;
  unit.micro_batch = config.micro_batch;
  unit.connector_micro_batch = config.connector_micro_batch;
  if (item.stage) unit.only_stage = plan_.stages[*item.stage].request->key;
  for (const StageRequest& stage : planned.stages) {
    const auto bytes = bytes_.find(stage.key);
    if (bytes != bytes_.end()) unit.bytes.insert(*bytes);
    if (item.stage) continue;
    if (auto early = made_early_.extract(stage.key)) unit.made_early.insert(std::move(early));
  }
  return unit;
}

PredictedMemory WorkerPool::memory_of(const WorkItem& item) const {
  PredictedMemory largest{kIdleProgram, 0};
  for (const std::size_t stage : plan_.trials[item.trial].planned) {
    if (item.stage && *item.stage != stage) continue;
    const PredictedMemory memory = harness::memory_of(plan_.stages[stage]);
    largest.process = std::max(largest.process, memory.process);
    largest.device = std::max(largest.device, memory.device);
  }
  return largest;
}

bool WorkerPool::fits(const WorkItem& item) {
  if (busy() == 0) return true;  // one alone is tried in any case
  const PredictedMemory its = memory_of(item);
  std::vector<PredictedMemory> processes{its};
  for (const Slot& slot : slots_)
    if (slot.item) processes.push_back(memory_of(*slot.item));
  const bool fits =
      fit_together(processes, options_.machine, plan_.gpu.gpu ? plan_.gpu.gpu->memory_bytes : 0);
  if (!fits) {
    say_once(fmt::format("fewer than {} trials run at once: beside {} more, {} would take about {}",
                         slots_.size(), processes.size() - 1, plan_.trials[item.trial].trial.name,
                         size_as_text(its.device > 0 ? its.device : its.process)));
  }
  return fits;
}

void WorkerPool::wait_for_reports() {
  std::vector<pollfd> polled;
  std::vector<Slot*> of;
  for (Slot& slot : slots_) {
    if (!slot.process) continue;
    polled.push_back({slot.process->descriptor(), POLLIN, 0});
    of.push_back(&slot);
  }
  if (::poll(polled.data(), polled.size(), kPollMilliseconds) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i)
    if (polled[i].revents != 0) read_reports(*of[i]);
}

void WorkerPool::read_reports(Slot& slot) {
  const auto lines = slot.process->read();
  if (!lines) return take_death(slot);
  for (const std::string& line : *lines) take_report(slot, line);
}

void WorkerPool::take_report(Slot& slot, const std::string& line) {
  const auto report = nlohmann::json::parse(line, nullptr, false);
  if (!report.is_object() || report.empty()) return say_once("a worker reported what is no report: " + line);
  const nlohmann::json& value = report.front();
  if (report.contains(kReportLine)) {
    const auto text = value.get<std::string>();
    // Trials that share their rows would say the same.
    text.starts_with("warning: ") ? say_once(text) : progress_.say(text);
  } else if (report.contains(kReportEvent)) {
    if (value.value("event", "") == "stage_begin") slot.stage = value.value("kind", "");
    progress_.event(value);
  } else if (report.contains(kReportMachine)) {
    machine_problem_ = value.get<std::string>();
    if (slot.item) queue_->give_back(*std::exchange(slot.item, std::nullopt));
    stop_workers(SIGTERM);
  } else if (report.contains(kReportResult) && slot.item) {
    take_result(slot, result_from_json(value));
  }
}

void WorkerPool::take_result(Slot& slot, const UnitResult& result) {
  const WorkItem item = *std::exchange(slot.item, std::nullopt);
  nothing_until_ = {};
  // The next try begins in a process that holds nothing of this one; one that was asked to stop, by whomever,
  // does no more.
  if (result.status == "failed" || result.status == "interrupted") slot.process.reset();
  item.stage ? take_stage_result(item, result) : take_trial_result(item, result);
}

void WorkerPool::take_stage_result(const WorkItem& item, const UnitResult& result) {
  queue_->end(item);
  if (result.status == "done" && result.seconds > 0)
    made_early_[plan_.stages[*item.stage].request->key] = result.seconds;
  if (result.status != "failed") return;
  queue_->leave_to_trials(*item.stage);
  progress_.say(fmt::format("{}: {} failed: {}; each trial that needs it tries it",
                            plan_.trials[item.trial].trial.name, result.stage, result.error_message));
}

void WorkerPool::take_trial_result(const WorkItem& item, const UnitResult& result) {
  const std::string& name = plan_.trials[item.trial].trial.name;
  if (result.status == "failed") {
    Attempt attempt;
    attempt.status = result.status;
    attempt.error_type = result.error_type;
    try_again_or_fail(item, attempt);
  } else if (result.status == "interrupted") {
    queue_->give_back(item);
  } else {
    queue_->end(item);
    ++(result.status == "done" ? result_.done : result_.already_done);
  }
  trial_ended_(name);
}

void WorkerPool::try_again_or_fail(const WorkItem& item, const Attempt& attempt) {
  TrialConfig& config = configs_.at(item.trial);
  const std::int64_t micro_batch = config.micro_batch;
  if (!stopping_ && prepare_next_try(plan_.sweep.spec.retry, attempt, ++tries_[item.trial], config)) {
    if (config.micro_batch != micro_batch) {
      progress_.say(fmt::format("{}: trying again with micro_batch {}", plan_.trials[item.trial].trial.name,
                                config.micro_batch));
    }
    return queue_->give_back(item);
  }
  queue_->end(item);
  ++result_.failed;
  if (options_.fail_fast && !stopping_) stop_workers(SIGTERM);
}

void WorkerPool::take_death(Slot& slot) {
  const std::string end = slot.process->wait();
  slot.process.reset();
  nothing_until_ = {};
  if (!slot.item) return;
  const WorkItem item = *std::exchange(slot.item, std::nullopt);
  // One that was asked to stop before it could listen has done nothing of its unit.
  if (killing_ || (stopping_ && end == "killed by SIGTERM")) return queue_->give_back(item);
  Attempt attempt;
  attempt.started = slot.began;
  attempt.ended = iso_time_now();
  attempt.status = "failed";
  attempt.stage = slot.stage;
  attempt.error_type = kWorkerDied;
  attempt.error_message = "its process ended: " + end;
  attempt.micro_batch = configs_.at(item.trial).micro_batch;
  const std::string& name = plan_.trials[item.trial].trial.name;
  progress_.report_failure(name, slot.stage, attempt.error_message);
  record_death(item, attempt);
  if (item.stage) {
    queue_->end(item);
    queue_->leave_to_trials(*item.stage);
  } else {
    try_again_or_fail(item, attempt);
  }
  trial_ended_(name);
}

void WorkerPool::record_death(const WorkItem& item, Attempt attempt) {
  const PlannedTrial& planned = plan_.trials[item.trial];
  // It may have died after its outcome was written, or another process may have taken the trial up.
  const auto lease = runner_.try_claim(planned.trial.name);
  if (!lease || runner_.is_done(planned)) return;
  TrialOutcome outcome;
  outcome.status = "failed";
  outcome.attempts.push_back(std::move(attempt));
  runner_.write(planned, outcome);
}

void WorkerPool::say_once(const std::string& line) {
  if (said_.insert(line).second) progress_.say(line);
}

void WorkerPool::stop_workers(int signal) {
  stopping_ = true;
  for (Slot& slot : slots_) {
    if (!slot.process) continue;
    slot.process->signal(signal);
    slot.process->close_units();
  }
}

}  // namespace imp::harness
