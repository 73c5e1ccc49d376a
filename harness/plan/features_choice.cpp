// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/features_choice.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <vector>

namespace imp::harness {
namespace {

constexpr std::int64_t kAlwaysCached = std::int64_t{64} << 20;  ///< bytes that no disk is asked about

bool is_missing_features(const PlannedStage& stage) {
  return stage.request->kind == "features" && stage.status != StageStatus::reuse;
}

/// Takes stages out of a plan and of its trials.
void take_out(Plan& plan, const std::unordered_set<std::size_t>& stages) {
  if (stages.empty()) return;
  std::vector<std::size_t> place(plan.stages.size());
  std::vector<PlannedStage> kept;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    place[i] = kept.size();
    if (!stages.contains(i)) kept.push_back(std::move(plan.stages[i]));
  }
  plan.stages = std::move(kept);
  for (PlannedTrial& trial : plan.trials) {
    StageList requests;
    std::vector<std::size_t> planned;
    for (std::size_t i = 0; i < trial.planned.size(); ++i) {
      if (stages.contains(trial.planned[i])) continue;
      requests.add(trial.stages.shared(i));
      planned.push_back(place[trial.planned[i]]);
    }
    trial.stages = std::move(requests);
    trial.planned = std::move(planned);
  }
}

/// Missing features stages whose trials all leave the choice to the plan.
std::unordered_set<std::size_t> open_choices(const Plan& plan) {
  std::unordered_set<std::size_t> open, settled;
  for (const PlannedTrial& trial : plan.trials) {
    for (const std::size_t index : trial.planned) {
      if (!is_missing_features(plan.stages[index])) continue;
      (trial.trial.config.features == "auto" ? open : settled).insert(index);
    }
  }
  for (const std::size_t index : settled) open.erase(index);
  return open;
}

}  // namespace

void leave_out_computed(PlannedTrial& trial, const EarlierStages& earlier) {
  if (trial.trial.config.features != "computed") return;
  StageList kept;
  for (std::size_t i = 0; i < trial.stages.size(); ++i) {
    const StageRequest& stage = trial.stages[i];
    if (stage.kind != "features" || earlier.has(stage)) kept.add(trial.stages.shared(i));
  }
  trial.stages = std::move(kept);
}

void leave_out_unasked(Plan& plan) {
  std::set<std::string> asked;
  for (const PlannedStage& stage : plan.stages) {
    if (stage.status == StageStatus::reuse) continue;
    for (const StageInput& input : stage.request->inputs) asked.insert(input.key);
  }
  std::unordered_set<std::size_t> unasked;
  for (std::size_t i = 0; i < plan.stages.size(); ++i)
    if (is_missing_features(plan.stages[i]) && !asked.contains(plan.stages[i].request->key))
      unasked.insert(i);
  take_out(plan, unasked);
}

void choose_features(Plan& plan, std::int64_t available) {
  const std::unordered_set<std::size_t> open = open_choices(plan);
  if (open.empty()) return;
  FeaturesChoice choice{.available = available};
  for (const std::size_t index : open) {
    choice.pictures += plan.stages[index].pictures;
    choice.bytes += plan.stages[index].bytes;
  }
  choice.computed = choice.bytes >= kAlwaysCached && plan.bytes > available - available / 10;
  plan.features = choice;
  if (!choice.computed) return;
  plan.bytes -= choice.bytes;
  take_out(plan, open);
}

bool computes_features(const PlannedTrial& planned, const Plan& plan) {
  std::set<std::string> kept;
  for (const StageRequest& stage : planned.stages)
    if (stage.kind == "features") kept.insert(stage.key);
  return std::any_of(planned.planned.begin(), planned.planned.end(), [&](const std::size_t index) {
    const PlannedStage& stage = plan.stages[index];
    if (stage.status == StageStatus::reuse) return false;
    return std::any_of(
        stage.request->inputs.begin(), stage.request->inputs.end(),
        [&](const StageInput& input) { return input.kind == "features" && !kept.contains(input.key); });
  });
}

}  // namespace imp::harness
