// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/trunks.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace imp::harness {

namespace {

using nlohmann::json;

using Epochs = std::set<std::int64_t>;

/// The finetune stage of a trial that could share a trunk, or the end.
StageList::const_iterator find_finetune(const StageList& stages) {
  return std::find_if(stages.begin(), stages.end(), [](const StageRequest& stage) {
    return stage.kind == "finetune" && stage.parameters.at("schedule") == "warmup_stable_decay" &&
           stage.parameters.at("max_steps") == 0;
  });
}

std::int64_t epochs_of(const StageRequest& stage) {
  return stage.parameters.at("epochs").get<std::int64_t>();
}

/// Where a trunk of so many epochs ends: its cooldown, a share of an epoch, is left to others.
double end_of_trunk(const StageRequest& stage) {
  return static_cast<double>(epochs_of(stage)) - stage.parameters.at("cooldown_ratio").get<double>();
}

/// All that stage 2 is made from but its epochs.
std::string family_of(const StageRequest& finetune) {
  json parameters = finetune.parameters;
  parameters.erase("epochs");
  json inputs = json::array();
  for (const StageInput& input : finetune.inputs) inputs.push_back(input.key);
  return parameters.dump() + inputs.dump();
}

/// The trunks on the way of one trial, in order. all: the epochs of its family; what is shared with nobody
/// longer is no trunk.
std::vector<StageRequest> trunks_on_the_way(StageRequest& finetune, const Epochs& all) {
  std::vector<StageRequest> trunks;
  const std::int64_t own = epochs_of(finetune);
  double start = 0;
  std::optional<StageInput> previous;
  for (const std::int64_t epochs : all) {
    if (epochs > own || epochs == *all.rbegin()) break;
    json parameters = finetune.parameters;
    parameters["epochs"] = epochs;
    StageRequest trunk = make_request("trunk", std::move(parameters), finetune.inputs);
    trunk.trunk = previous;
    trunk.own_epochs = end_of_trunk(trunk) - start;
    start = end_of_trunk(trunk);
    previous = StageInput{trunk.kind, trunk.key};
    trunks.push_back(std::move(trunk));
  }
  finetune.trunk = previous;
  finetune.own_epochs = static_cast<double>(own) - start;
  return trunks;
}

}  // namespace

void add_trunks(std::vector<PlannedTrial>& trials) {
  std::unordered_map<std::string, Epochs> families;
  for (const PlannedTrial& trial : trials) {
    const auto finetune = find_finetune(trial.stages);
    if (finetune != trial.stages.end()) families[family_of(*finetune)].insert(epochs_of(*finetune));
  }
  RequestPool pool;
  for (PlannedTrial& trial : trials) {
    const auto found = find_finetune(trial.stages);
    if (found == trial.stages.end()) continue;
    StageRequest finetune = *found;
    std::vector<StageList::Shared> stages;
    for (StageRequest& trunk : trunks_on_the_way(finetune, families.at(family_of(finetune))))
      stages.push_back(pool.shared(std::move(trunk)));
    stages.push_back(pool.shared(std::move(finetune)));
    trial.stages.replace(static_cast<std::size_t>(found - trial.stages.begin()), stages);
  }
}

void leave_out_trunks(Plan& plan) {
  std::unordered_set<std::size_t> needed;
  for (const PlannedTrial& trial : plan.trials) {
    const bool is_pending = std::any_of(trial.planned.begin(), trial.planned.end(), [&](std::size_t index) {
      return plan.stages[index].request->kind == "finetune" &&
             plan.stages[index].status != StageStatus::reuse;
    });
    if (is_pending) needed.insert(trial.planned.begin(), trial.planned.end());
  }
  for (std::size_t index = 0; index < plan.stages.size(); ++index) {
    PlannedStage& stage = plan.stages[index];
    if (stage.request->kind != "trunk" || stage.status == StageStatus::reuse || needed.contains(index))
      continue;
    stage.status = StageStatus::reuse;
    stage.reason = "not needed: what goes on from it is finished";
    stage.seconds = 0;
  }
}

std::optional<TrunkSaving> trunk_saving(const Plan& plan) {
  TrunkSaving saving;
  double timed_seconds = 0, timed_epochs = 0;
  for (const PlannedStage& stage : plan.stages) {
    const StageRequest& request = *stage.request;
    const bool is_trunk = request.kind == "trunk";
    if (stage.status == StageStatus::reuse || (!is_trunk && !request.trunk)) continue;
    saving.epochs += request.own_epochs;
    if (!is_trunk) saving.epochs_apart += static_cast<double>(epochs_of(request));
    if (!stage.seconds) continue;
    timed_seconds += *stage.seconds;
    timed_epochs += request.own_epochs;
  }
  if (saving.epochs_apart <= saving.epochs) return std::nullopt;
  if (timed_epochs > 0) saving.seconds = timed_seconds / timed_epochs * (saving.epochs_apart - saving.epochs);
  return saving;
}

}  // namespace imp::harness
