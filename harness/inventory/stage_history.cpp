// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/stage_history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "harness/plan/run_record.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

/// The tree of inputs, each told once.
class InputTree {
 public:
  explicit InputTree(const StageIndex& index) : index_(index) {}

  void add(const EarlierStage& stage, std::size_t depth) {
    for (const StageInput& input : stage.inputs) add_input(input, depth, "");
    if (stage.trunk) add_input(*stage.trunk, depth, " (it went on from here)");
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  void add_input(const StageInput& input, std::size_t depth, std::string_view note) {
    std::string line = std::string(2 * depth, ' ') + input.short_name() + std::string(note);
    const EarlierStage* found = index_.find(input);
    if (found == nullptr) {
      lines_.push_back(line + " (not there)");
    } else if (!told_.insert(input.key).second) {
      lines_.push_back(line + " (as above)");
    } else {
      lines_.push_back(line);
      add(*found, depth + 1);
    }
  }

  const StageIndex& index_;
  std::set<std::string> told_;
  std::vector<std::string> lines_;
};

std::string trials_that_need(const Plan& plan, std::size_t stage) {
  constexpr std::size_t kMostNamed = 3;
  std::vector<std::string> names;
  std::size_t count = 0;
  for (const PlannedTrial& trial : plan.trials) {
    if (std::find(trial.planned.begin(), trial.planned.end(), stage) == trial.planned.end()) continue;
    if (++count <= kMostNamed) names.push_back(trial.trial.name);
  }
  return fmt::format("{}{}", fmt::join(names, ", "),
                     count > kMostNamed ? fmt::format(" and {} more", count - kMostNamed) : "");
}

}  // namespace

StageHistory history_of(const EarlierStage& stage, const std::filesystem::path& runs, const StageIndex& index,
                        const std::vector<SweepFolder>& sweeps) {
  StageHistory history{.stage = stage, .record = {}, .inputs = {}, .users = {}};
  history.record = read_run_record(runs / "stages" / stage.folder() / "stage.json");
  InputTree tree(index);
  tree.add(stage, 0);
  history.inputs = tree.take();
  const StageInput self{stage.kind, stage.key};
  for (const SweepFolder& sweep : sweeps) {
    for (const TrialRecord& trial : sweep.trials) {
      const auto uses = [&](const std::vector<StageInput>& stages) {
        return std::find(stages.begin(), stages.end(), self) != stages.end();
      };
      if (uses(trial.planned) || uses(trial.used))
        history.users.push_back(fmt::format("{} ({})", trial.full_name(), trial.status()));
    }
  }
  return history;
}

StageComparison compare_stages(const EarlierStage& now, const EarlierStage& before, const StageIndex& index) {
  const FindStage find = find_in(index);
  return {now.folder(), before.folder(), "",
          stage_differences(identity_of(now), identity_of(before), find, find)};
}

StageComparison compare_with_plan(const EarlierStage& stage, const Plan& plan, const StageIndex& index) {
  std::unordered_map<std::string, const StageRequest*> planned;
  for (const PlannedStage& each : plan.stages) planned.emplace(each.request->folder(), each.request.get());
  const FindStage find_before = find_in(index);
  const FindStage find_now = [&](const StageInput& input) {
    const auto found = planned.find(input.folder());
    return found == planned.end() ? find_before(input) : std::optional(identity_of(*found->second));
  };
  const StageIdentity before = identity_of(stage);
  std::optional<StageComparison> closest;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const StageRequest& request = *plan.stages[i].request;
    if (request.kind != stage.kind) continue;
    auto lines = stage_differences(identity_of(request), before, find_now, find_before);
    if (closest && lines.size() >= closest->lines.size()) continue;
    closest = {request.folder(), stage.folder(), trials_that_need(plan, i), std::move(lines)};
  }
  if (!closest) {
    throw Error(fmt::format("{}: no trial of it has a {} stage", plan.sweep.spec.file.string(), stage.kind));
  }
  return *std::move(closest);
}

}  // namespace imp::harness
