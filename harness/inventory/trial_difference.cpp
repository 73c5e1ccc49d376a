// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/trial_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/plan/trial_config.h"

namespace imp::harness {
namespace {

using nlohmann::json;

json member(const json& object, const std::string& name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? json() : *found;
}

/// The keys that this program knows in their order, then those that only a record has.
std::vector<std::string> keys_of(const json& a, const json& b) {
  std::vector<std::string> keys = key_names();
  std::set<std::string> known(keys.begin(), keys.end());
  for (const json& config : {a, b}) {
    if (!config.is_object()) continue;
    for (const auto& [name, value] : config.items())
      if (known.insert(name).second) keys.push_back(name);
  }
  return keys;
}

void compare_configs(const json& a, const json& b, TrialDifference& difference) {
  for (const std::string& name : keys_of(a, b)) {
    ComparedValue value{name, member(a, name), member(b, name)};
    if (value.a.is_null() && value.b.is_null()) continue;
    (value.a == value.b ? difference.alike : difference.differing).push_back(std::move(value));
  }
}

/// Stages of one kind are paired by their order.
std::vector<ComparedStage> paired(const std::vector<StageInput>& a, const std::vector<StageInput>& b) {
  std::vector<ComparedStage> stages;
  std::set<std::string> in_b;
  for (const StageInput& stage : b) in_b.insert(stage.key);
  std::set<std::string> taken;
  for (const StageInput& stage : a)
    if (in_b.contains(stage.key)) taken.insert(stage.key);
  for (const StageInput& stage : a) {
    if (taken.contains(stage.key)) {
      stages.push_back({stage.kind, stage.key, stage.key});
      continue;
    }
    const auto partner = std::find_if(b.begin(), b.end(), [&](const StageInput& other) {
      return other.kind == stage.kind && !taken.contains(other.key);
    });
    if (partner != b.end()) taken.insert(partner->key);
    stages.push_back({stage.kind, stage.key, partner == b.end() ? "" : partner->key});
  }
  for (const StageInput& stage : b)
    if (!taken.contains(stage.key)) stages.push_back({stage.kind, "", stage.key});
  return stages;
}

void find_partings(std::vector<ComparedStage>& stages, const StageIndex& index) {
  std::set<std::string> shared;
  for (const ComparedStage& stage : stages)
    if (stage.is_shared()) shared.insert(stage.key_a);
  const FindStage find = find_in(index);
  bool is_first = true;
  for (ComparedStage& stage : stages) {
    if (stage.is_shared()) continue;
    const EarlierStage* a = index.find({stage.kind, stage.key_a});
    const EarlierStage* b = index.find({stage.kind, stage.key_b});
    if (a == nullptr || b == nullptr) {
      // Stages stand in the order in which they are made: whatever the first is made from is shared.
      stage.parts_here = is_first;
    } else {
      const auto all_shared = [&](const EarlierStage& of) {
        return std::all_of(of.inputs.begin(), of.inputs.end(),
                           [&](const StageInput& input) { return shared.contains(input.key); });
      };
      stage.parts_here = is_first || (all_shared(*a) && all_shared(*b));
      if (stage.parts_here)
        stage.differences = stage_differences(identity_of(*b), identity_of(*a), find, find);
    }
    is_first = false;
  }
}

void compare_provenance(const json& a, const json& b, TrialDifference& difference) {
  const json of_a = member(a, "provenance"), of_b = member(b, "provenance");
  if (!of_a.is_object() || !of_b.is_object()) return;
  std::set<std::string> names;
  for (const json* record : {&of_a, &of_b})
    for (const auto& [name, value] : record->items()) names.insert(name);
  for (const std::string& name : names) {
    if (name == "started" || name == "ended" || member(of_a, name) == member(of_b, name)) continue;
    difference.provenance.push_back({name, member(of_a, name), member(of_b, name)});
  }
}

std::map<std::string, json> scores_of(const json& outcome) {
  std::map<std::string, json> scores;
  const json listed = member(outcome, "scores");
  if (!listed.is_array()) return scores;
  for (const json& score : listed) {
    if (!score.is_object()) continue;
    scores[score.value("benchmark", "") + " " + score.value("metric", "")] = member(score, "value");
  }
  return scores;
}

void compare_scores(const TrialRecord& a, const TrialRecord& b, TrialDifference& difference) {
  if (a.status() != "done" || b.status() != "done") return;
  const std::map<std::string, json> of_a = scores_of(a.outcome), of_b = scores_of(b.outcome);
  std::set<std::string> names;
  for (const auto& [name, value] : of_a) names.insert(name);
  for (const auto& [name, value] : of_b) names.insert(name);
  const auto value_in = [](const std::map<std::string, json>& scores, const std::string& name) {
    const auto found = scores.find(name);
    return found == scores.end() ? json() : found->second;
  };
  for (const std::string& name : names)
    difference.scores.push_back({name, value_in(of_a, name), value_in(of_b, name)});
}

}  // namespace

TrialDifference compare_trials(const TrialRecord& a, const TrialRecord& b, const StageIndex& index) {
  TrialDifference difference;
  difference.a = fmt::format("{} ({})", a.full_name(), a.status());
  difference.b = fmt::format("{} ({})", b.full_name(), b.status());
  compare_configs(a.config, b.config, difference);
  difference.stages = paired(a.stages(), b.stages());
  find_partings(difference.stages, index);
  compare_provenance(a.outcome, b.outcome, difference);
  compare_scores(a, b, difference);
  return difference;
}

}  // namespace imp::harness
