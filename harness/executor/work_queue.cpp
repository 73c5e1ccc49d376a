// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/work_queue.h"

#include <algorithm>
#include <utility>

namespace imp::harness {

WorkQueue::WorkQueue(const Plan& plan, Folder folder)
    : plan_(plan),
      folder_(std::move(folder)),
      waiting_(plan.stages.size(), 0),
      trial_of_(plan.stages.size(), 0) {
  for (std::size_t index = 0; index < plan.trials.size(); ++index) {
    if (folder_.is_done(plan.trials[index])) continue;
    open_.insert(index);
    for (const std::size_t stage : plan.trials[index].planned)
      if (waiting_[stage]++ == 0) trial_of_[stage] = index;
  }
  opened_ = open_.size();
  for (std::size_t stage = 0; stage < plan.stages.size(); ++stage)
    if (is_shared(stage)) shared_.push_back(stage);
  std::stable_sort(shared_.begin(), shared_.end(),
                   [&](std::size_t a, std::size_t b) { return waiting_[a] > waiting_[b]; });
}

std::optional<WorkItem> WorkQueue::next(const std::function<bool(const WorkItem&)>& fits) {
  if (const auto stage = next_stage(fits)) return stage;
  for (const std::size_t index : open_) {
    const WorkItem item{index, std::nullopt};
    if (under_way_.contains(item) || !is_ready(plan_.trials[index])) continue;
    if (folder_.is_run_elsewhere(plan_.trials[index].trial.name)) continue;
    if (fits(item)) return item;
  }
  return std::nullopt;
}

std::optional<WorkItem> WorkQueue::next_stage(const std::function<bool(const WorkItem&)>& fits) {
  for (const std::size_t stage : shared_) {
    const WorkItem item{trial_of_[stage], stage};
    if (under_way_.contains(item) || left_to_trials_.contains(stage) || is_there(stage)) continue;
    const StageRequest& request = *plan_.stages[stage].request;
    if (!has_inputs(plan_.trials[item.trial], request) || folder_.is_made_elsewhere(request)) continue;
    if (fits(item)) return item;
  }
  return std::nullopt;
}

void WorkQueue::end(const WorkItem& item) {
  under_way_.erase(item);
  if (!item.stage) open_.erase(item.trial);
}

bool WorkQueue::is_there(std::size_t stage) {
  if (there_.contains(stage)) return true;
  const bool there = folder_.has(*plan_.stages[stage].request);
  if (there) there_.insert(stage);
  return there;
}

bool WorkQueue::has_inputs(const PlannedTrial& trial, const StageRequest& request) {
  for (const std::size_t stage : trial.planned) {
    const StageRequest& other = *plan_.stages[stage].request;
    const StageInput as_input{other.kind, other.key};
    const bool is_input =
        std::find(request.inputs.begin(), request.inputs.end(), as_input) != request.inputs.end() ||
        request.trunk == as_input;
    if (is_input && !is_there(stage)) return false;
  }
  return true;
}

bool WorkQueue::is_ready(const PlannedTrial& trial) {
  return std::all_of(trial.planned.begin(), trial.planned.end(), [&](std::size_t stage) {
    return !is_shared(stage) || is_there(stage) || left_to_trials_.contains(stage) ||
           // What fails before it is never there.
           std::any_of(left_to_trials_.begin(), left_to_trials_.end(), [&](std::size_t failed) {
             return std::find(trial.planned.begin(), trial.planned.end(), failed) != trial.planned.end();
           });
  });
}

}  // namespace imp::harness
