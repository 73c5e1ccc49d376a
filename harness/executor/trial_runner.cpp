// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/trial_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "harness/executor/process_memory.h"
#include "harness/executor/provenance.h"
#include "harness/executor/question_record.h"
#include "harness/executor/retry.h"
#include "harness/stages/asked_questions.h"
#include "models/device/compute_device.h"
#include "models/io/error.h"
#include "results/run_files.h"

namespace imp::harness {

TrialRunner::TrialRunner(const SweepSpec& spec, const std::filesystem::path& runs,
                         const std::atomic<bool>& stop, Progress& progress)
    : spec_(spec),
      folder_(runs / spec.name),
      stop_(stop),
      progress_(progress),
      stages_(spec, runs, stop, progress),
      trials_(folder_) {}

bool TrialRunner::is_done(const PlannedTrial& planned) {
  const nlohmann::json outcome = read_outcome(folder_ / planned.trial.name);
  if (!outcome.is_object() || outcome.value("status", "") != "done" || !outcome.contains("stages"))
    return false;
  std::vector<std::string> made, wanted;
  for (const nlohmann::json& stage : outcome["stages"]) {
    if (results::is_result(stage.value("kind", ""))) made.push_back(stage.value("key", ""));
  }
  for (const StageRequest& stage : planned.stages) {
    if (!results::is_result(stage.kind)) continue;
    wanted.push_back(stage.key);
    if (seen_.contains(stage.key)) continue;
    if (!stages_.store().has(stage)) return false;
    seen_.insert(stage.key);
  }
  return made == wanted;
}

std::optional<Lease> TrialRunner::claim(const std::string& trial) {
  return trials_.take(trial, stop_, [&](const LeaseOwner& owner) {
    progress_.say(fmt::format("{}: waits for process {} on {}, which runs it", trial, owner.process.pid,
                              owner.process.host));
  });
}

Ending TrialRunner::attempt(const PlannedTrial& planned, const std::string& label, TrialOutcome& outcome) {
  Attempt attempt;
  attempt.started = iso_time_now();
  attempt.micro_batch = planned.trial.config.micro_batch;
  Ending ending = Ending::done;
  outcome.stages.clear();
  outcome.device = models::describe(stages_.device_of(planned));
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

void TrialRunner::write(const PlannedTrial& planned, TrialOutcome& outcome) {
  const std::filesystem::path folder = folder_ / planned.trial.name;
  const bool done = outcome.status == "done";
  if (done) record_questions(outcome);
  write_outcome(folder, spec_.name, planned, stages_.store(), outcome);
  if (done) say_scores(planned.trial.name, read_outcome(folder));
}

void TrialRunner::make_stages(const PlannedTrial& planned, const std::string& label, TrialOutcome& outcome,
                              std::string& kind) {
  const auto is_finished_finetune = [&](const StageRequest& stage) {
    return stage.kind == "finetune" && stages_.has_whole(stage);
  };
  const bool needs_trunks = std::none_of(planned.stages.begin(), planned.stages.end(), is_finished_finetune);
  for (const StageRequest& request : planned.stages) {
    if (request.kind == "trunk" && !needs_trunks) continue;
    kind = request.kind;
    StageUse use{request, true, 0.0};
    std::optional<double> seconds = stages_.make_if_missing(planned, request, label);
    if (const auto early = made_early_.extract(request.key)) seconds = early.mapped();
    if (seconds) use = {request, false, *seconds};
    outcome.stages.push_back(std::move(use));
  }
}

void TrialRunner::record_questions(TrialOutcome& outcome) {
  for (const StageUse& use : outcome.stages) {
    if (use.request.kind != "eval") continue;
    nlohmann::json asked{use.request.parameters["benchmark"], use.request.parameters["limit"]};
    for (const StageInput& input : use.request.inputs) {
      if (input.kind == "data") asked.push_back(input.key);
    }
    const auto [known, is_new] = question_sets_.emplace(asked.dump(), "");
    if (is_new) {
      try {
        known->second = write_question_record(folder_, asked_questions(use.request, spec_, stages_.store()));
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::environment) throw;
        // Scored long ago, and its annotations have gone since: the results do without the questions' text.
        progress_.say(std::string("questions are not recorded: ") + error.what());
      }
    }
    if (!known->second.empty()) outcome.question_sets[asked[0].get<std::string>()] = known->second;
  }
}

void TrialRunner::say_scores(const std::string& trial, const nlohmann::json& outcome) {
  for (const nlohmann::json& score : outcome["scores"]) {
    const bool has_error = score.contains("standard_error") && score["standard_error"].is_number();
    progress_.report_score(trial, score["benchmark"], score["metric"], score["value"],
                           has_error ? score["standard_error"].get<double>() : 0.0);
  }
}

}  // namespace imp::harness
