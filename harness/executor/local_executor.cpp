// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/local_executor.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <set>
#include <string_view>
#include <tuple>

#include "harness/executor/energy_meter.h"
#include "harness/executor/process_memory.h"
#include "harness/executor/provenance.h"
#include "harness/executor/question_record.h"
#include "harness/stages/asked_questions.h"
#include "models/device/compute_device.h"
#include "models/io/error.h"
#include "results/run_files.h"

namespace imp::harness {
namespace {

constexpr const char* kOutOfMemory = "out_of_memory";

/// A mistake of the user's is the same at the next try.
bool may_help(const Attempt& attempt) {
  return attempt.error_type != "imp::Error";
}

/// Type and one-line message of the exception in flight.
std::pair<std::string, std::string> describe_failure() {
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  try {
    throw;
  } catch (const Error& error) {
    return {"imp::Error", first_line(error.what())};
  } catch (const c10::OutOfMemoryError& error) {
    return {kOutOfMemory, first_line(error.what_without_backtrace())};
  } catch (const c10::Error& error) {
    // The CPU allocator has no type of its own for it.
    if (std::string_view(error.what_without_backtrace()).find("not enough memory") !=
        std::string_view::npos) {
      return {kOutOfMemory, first_line(error.what_without_backtrace())};
    }
    return {"c10::Error", first_line(error.what_without_backtrace())};
  } catch (const std::bad_alloc&) {
    return {kOutOfMemory, "out of memory; a smaller micro_batch may help"};
  } catch (const std::exception& error) {
    return {"std::exception", first_line(error.what())};
  }
}

}  // namespace

LocalExecutor::LocalExecutor(const Plan& plan, std::filesystem::path runs, const std::atomic<bool>& stop,
                             Progress& progress, std::function<void(const std::string&)> trial_ended)
    : plan_(plan),
      runs_(std::move(runs)),
      stop_(stop),
      progress_(progress),
      trial_ended_(std::move(trial_ended)),
      store_(runs_) {}

bool LocalExecutor::is_done(const PlannedTrial& planned) const {
  const nlohmann::json outcome = read_outcome(runs_ / plan_.sweep.spec.name / planned.trial.name);
  if (!outcome.is_object() || outcome.value("status", "") != "done" || !outcome.contains("stages"))
    return false;
  std::vector<std::string> made, wanted;
  for (const nlohmann::json& stage : outcome["stages"]) {
    if (results::is_result(stage.value("kind", ""))) made.push_back(stage.value("key", ""));
  }
  for (const StageRequest& stage : planned.stages) {
    if (!results::is_result(stage.kind)) continue;
    wanted.push_back(stage.key);
    if (!store_.has(stage)) return false;
  }
  return made == wanted;
}

SweepResult LocalExecutor::run() {
  SweepResult result;
  resolve_devices();
  try {
    look_at_pictures();
  } catch (const Interrupted&) {
    result.interrupted = true;
    return result;
  }
  size_t number = 0;
  for (const PlannedTrial& planned : plan_.trials) {
    ++number;
    if (is_done(planned)) {
      ++result.already_done;
      continue;
    }
    switch (run_trial(planned, number)) {
      case Ending::done:
        ++result.done;
        break;
      case Ending::failed:
        ++result.failed;
        break;
      case Ending::interrupted:
        result.interrupted = true;
        return result;
    }
  }
  return result;
}

void LocalExecutor::resolve_devices() {
  for (const PlannedTrial& planned : plan_.trials) {
    const std::string& name = planned.trial.config.device;
    if (!devices_.contains(name) && !is_done(planned)) devices_.emplace(name, models::resolve_device(name));
  }
}

LocalExecutor::Ending LocalExecutor::attempt_trial(const PlannedTrial& planned, const std::string& label,
                                                   TrialOutcome& outcome) {
  Attempt attempt;
  attempt.started = iso_time_now();
  attempt.micro_batch = planned.trial.config.micro_batch;
  Ending ending = Ending::done;
  outcome.stages.clear();
  try {
    make_stages(planned, label, outcome, attempt.stage);
    attempt.stage.clear();
  } catch (const Interrupted&) {
    ending = Ending::interrupted;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::environment) throw;
    ending = Ending::failed;
    std::tie(attempt.error_type, attempt.error_message) = describe_failure();
  } catch (const std::exception&) {
    ending = Ending::failed;
    std::tie(attempt.error_type, attempt.error_message) = describe_failure();
  }
  attempt.ended = iso_time_now();
  attempt.status = outcome.status = ending == Ending::done     ? "done"
                                    : ending == Ending::failed ? "failed"
                                                               : "interrupted";
  if (ending == Ending::failed)
    progress_.report_failure(planned.trial.name, attempt.stage, attempt.error_message);
  outcome.attempts.push_back(std::move(attempt));
  return ending;
}

LocalExecutor::Ending LocalExecutor::run_trial(const PlannedTrial& planned, size_t number) {
  const std::string label = fmt::format("[{}/{} {}]", number, plan_.trials.size(), planned.trial.name);
  const RetryPolicy& retry = plan_.sweep.spec.retry;
  TrialOutcome outcome;
  PlannedTrial current = planned;
  outcome.device = models::describe(device_of(planned));
  begin_peak_memory();
  Ending ending = attempt_trial(current, label, outcome);
  for (int64_t tries = 1;
       ending == Ending::failed && tries < retry.attempts && may_help(outcome.attempts.back()); ++tries) {
    TrialConfig& config = current.trial.config;
    if (outcome.attempts.back().error_type == kOutOfMemory) {
      if (retry.oom != "halve_micro_batch" || config.micro_batch == 1) break;
      // The global batch stays: the step only has more micro-batches, so the stage's key stays true.
      config.micro_batch = (config.micro_batch + 1) / 2;
      config.connector_micro_batch = (config.connector_micro_batch + 1) / 2;
      progress_.say(
          fmt::format("{}: trying again with micro_batch {}", planned.trial.name, config.micro_batch));
    }
    ending = attempt_trial(current, label, outcome);
  }

  const std::filesystem::path folder = runs_ / plan_.sweep.spec.name / planned.trial.name;
  if (ending == Ending::done) record_questions(outcome);
  write_outcome(folder, plan_.sweep.spec.name, planned, store_, outcome);
  if (ending == Ending::done) say_scores(planned.trial.name, read_outcome(folder));
  trial_ended_(planned.trial.name);
  return ending;
}

void LocalExecutor::record_questions(TrialOutcome& outcome) {
  for (const StageUse& use : outcome.stages) {
    if (use.request.kind != "eval") continue;
    nlohmann::json asked{use.request.parameters["benchmark"], use.request.parameters["limit"]};
    for (const StageInput& input : use.request.inputs) {
      if (input.kind == "data") asked.push_back(input.key);
    }
    const auto [known, is_new] = question_sets_.emplace(asked.dump(), "");
    if (is_new) {
      try {
        known->second = write_question_record(runs_ / plan_.sweep.spec.name,
                                              asked_questions(use.request, plan_.sweep.spec, store_));
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::environment) throw;
        // Scored long ago, and its annotations have gone since: the results do without the questions' text.
        progress_.say(std::string("questions are not recorded: ") + error.what());
      }
    }
    if (!known->second.empty()) outcome.question_sets[asked[0].get<std::string>()] = known->second;
  }
}

void LocalExecutor::say_scores(const std::string& trial, const nlohmann::json& outcome) {
  for (const nlohmann::json& score : outcome["scores"]) {
    const bool has_error = score.contains("standard_error") && score["standard_error"].is_number();
    progress_.report_score(trial, score["benchmark"], score["metric"], score["value"],
                           has_error ? score["standard_error"].get<double>() : 0.0);
  }
}

std::optional<double> LocalExecutor::make_if_missing(const PlannedTrial& planned, const StageRequest& request,
                                                     const std::string& label) {
  if (store_.has(request)) return std::nullopt;
  const StageStore::Claim claim = store_.claim(request);
  if (store_.has(request)) return std::nullopt;  // another process made it while this one waited
  if (stop_.load()) throw Interrupted();
  progress_.begin_stage(planned.trial.name, request.kind, label + " " + request.kind);
  const at::Device device = device_of(planned);
  begin_peak_memory();
  models::begin_device_peak(device);
  EnergyRecorder energy;
  StageWork work;
  const auto start = std::chrono::steady_clock::now();
  const auto cost = [&] {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return StageCost{seconds,
                     work.flops,
                     energy.finish(),
                     peak_memory_bytes(),
                     models::describe(device),
                     models::device_memory(device).peak_reserved};
  };
  const bool resumable = is_resumable(request.kind);
  const StageContext context{
      planned.trial, plan_.sweep.spec, request, store_, store_.begin(request, resumable),
      stop_,         progress_,        work,    device};
  try {
    const models::StreamGuard stream(device);
    const models::DeterministicGuard same_bits(device, planned.trial.config.deterministic);
    make_stage(context);
    models::wait_for(device);
  } catch (...) {
    if (resumable) note_unfinished(request, cost());
    throw;
  }
  const StageCost whole = store_.publish(request, cost());
  progress_.end_stage(whole.seconds);
  return whole.seconds;
}

void LocalExecutor::note_unfinished(const StageRequest& request, const StageCost& cost) noexcept {
  try {
    store_.note_unfinished(request, cost);
  } catch (const std::exception&) {
    return;  // a full disk, say: why the stage failed is what matters
  }
}

void LocalExecutor::look_at_pictures() {
  std::set<std::string> tried;
  std::string problems;
  const auto make_early = [&](const PlannedTrial& planned, const StageRequest& request) {
    if (!tried.insert(request.key).second) return;
    if (const auto seconds = make_if_missing(planned, request, "[before the first cell]"))
      made_early_[request.key] = *seconds;
  };
  for (const PlannedTrial& planned : plan_.trials) {
    if (is_done(planned)) continue;
    for (const StageRequest& request : planned.stages) {
      if (request.kind != "pictures") continue;
      try {
        for (const StageRequest& input : planned.stages)
          if (!request.inputs.empty() && input.key == request.inputs.front().key) make_early(planned, input);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::environment) throw;
        continue;  // rows that cannot be read fail their cells
      }
      try {
        make_early(planned, request);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::environment) throw;
        problems += (problems.empty() ? "" : "\n") + std::string(error.what());
      }
    }
  }
  if (!problems.empty()) throw Error::of_lines(problems);
}

void LocalExecutor::make_stages(const PlannedTrial& planned, const std::string& label, TrialOutcome& outcome,
                                std::string& kind) {
  const auto is_finished_finetune = [&](const StageRequest& stage) {
    return stage.kind == "finetune" && store_.has(stage);
  };
  const bool needs_trunks = std::none_of(planned.stages.begin(), planned.stages.end(), is_finished_finetune);
  for (const StageRequest& request : planned.stages) {
    if (request.kind == "trunk" && !needs_trunks) continue;
    kind = request.kind;
    StageUse use{request, true, 0.0};
    std::optional<double> seconds = make_if_missing(planned, request, label);
    if (const auto early = made_early_.extract(request.key)) seconds = early.mapped();
    if (seconds) use = {request, false, *seconds};
    outcome.stages.push_back(std::move(use));
  }
}

}  // namespace imp::harness
