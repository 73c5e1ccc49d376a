// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "harness/plan/earlier_stages.h"
#include "harness/plan/features_choice.h"
#include "harness/plan/missing_inputs.h"
#include "harness/plan/stage_graph.h"
#include "harness/plan/trunks.h"
#include "models/io/error.h"
#include "models/io/host_name.h"

namespace imp::harness {

namespace {

constexpr std::size_t kMostDifferences = 3;

/// Status, reason and estimate of a stage whose users are counted.
void judge(PlannedStage& stage, const EarlierStages& earlier, const std::string& host) {
  if (earlier.has(*stage.request)) {
    stage.status = StageStatus::reuse;
    stage.reason = "finished earlier";
    stage.seconds = 0;
    return;
  }
  const std::string sharing = stage.trials > 1 ? fmt::format("once for {} trials; ", stage.trials) : "";
  stage.status = stage.trials > 1 ? StageStatus::share : StageStatus::run;
  const EarlierStage* closest = earlier.closest(*stage.request);
  if (closest == nullptr) {
    stage.reason = fmt::format("{}no {} stage yet", sharing, stage.request->kind);
    return;
  }
  if (const EarlierStage* timed = earlier.closest(*stage.request, host)) {
    stage.seconds = expected_seconds(*stage.request, *timed);
    stage.seconds_from = stage.seconds ? TimeSource::same_kind : TimeSource::none;
    stage.earlier_seconds = timed->seconds;
    stage.earlier_flops = timed->flops;
    stage.earlier_device = timed->device;
  }
  if (closest->kind != stage.request->kind) {
    stage.reason = fmt::format("{}no {} stage yet", sharing, stage.request->kind);
    return;
  }
  const std::vector<std::string> lines = differences(*stage.request, *closest);
  if (lines.empty()) {
    stage.reason = sharing + "its code changed";
  } else if (lines.size() > kMostDifferences) {
    stage.reason = fmt::format("{}none like it: the closest differs in {} parameters", sharing, lines.size());
  } else {
    stage.reason = fmt::format("{}new: {}", sharing, fmt::join(lines, ", "));
  }
}

}  // namespace

std::string_view status_name(StageStatus status) {
  switch (status) {
    case StageStatus::run:
      return "run";
    case StageStatus::share:
      return "share";
    case StageStatus::reuse:
      break;
  }
  return "reuse";
}

Plan make_plan(Sweep sweep, const std::filesystem::path& runs_dir) {
  Diagnostics diagnostics;
  Plan plan = make_plan(std::move(sweep), runs_dir, diagnostics);
  diagnostics.throw_if_any();
  return plan;
}

Plan make_plan(Sweep sweep, const std::filesystem::path& runs_dir, Diagnostics& diagnostics) {
  Plan plan;
  std::unordered_set<std::string> complete;  // inputs of trials that have all of them
  InputHashes hashes;
  RequestPool pool;
  plan.trials.reserve(sweep.trials.size());
  for (Trial& trial : sweep.trials) {
    PlannedTrial planned{std::move(trial), {}, {}};
    try {
      const std::string inputs = inputs_named(planned.trial.config);
      if (complete.contains(inputs) || check_inputs(planned.trial, sweep.spec, diagnostics)) {
        complete.insert(inputs);
        for (StageRequest& request : stages_of(planned.trial, sweep.spec, hashes))
          planned.stages.add(pool.shared(std::move(request)));
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::usage) throw;
      diagnostics.add_lines(error.what());
    }
    plan.trials.push_back(std::move(planned));
  }
  sweep.trials.clear();
  sweep.trials.shrink_to_fit();
  const EarlierStages earlier(runs_dir);
  for (PlannedTrial& planned : plan.trials) leave_out_computed(planned, earlier);
  add_trunks(plan.trials);
  std::unordered_map<std::string_view, std::size_t> known;  // the keys stand in the requests
  for (PlannedTrial& planned : plan.trials) {
    for (std::size_t i = 0; i < planned.stages.size(); ++i) {
      const auto [place, fresh] = known.emplace(planned.stages[i].key, plan.stages.size());
      if (fresh) plan.stages.push_back({.request = planned.stages.shared(i), .reason = "", .seconds = {}});
      ++plan.stages[place->second].trials;
      planned.planned.push_back(place->second);
    }
  }
  plan.sweep = std::move(sweep);
  const std::string host = host_name();
  plan.rates = earlier.rates(host);
  for (PlannedStage& stage : plan.stages) judge(stage, earlier, host);
  leave_out_trunks(plan);
  leave_out_unasked(plan);
  return plan;
}

}  // namespace imp::harness
