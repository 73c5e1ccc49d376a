// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/stage_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace imp::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

class Comparer {
 public:
  Comparer(const FindStage& find_now, const FindStage& find_before)
      : find_now_(find_now), find_before_(find_before) {}

  void compare(const StageIdentity& now, const StageIdentity& before) {
    if (now.key == before.key || !compared_.insert({now.key, before.key}).second) return;
    if (now.kind != before.kind) add("kind", now.kind, before.kind);
    if (now.version != before.version && now.version > 0 && before.version > 0)
      add("code version", now.version, before.version);
    compare_parameters(now.parameters, before.parameters);
    compare_inputs(now.inputs, before.inputs);
  }

  std::vector<StageDifference> take() { return std::move(found_); }

 private:
  void add(const std::string& name, json now, json before) {
    found_.push_back({path_, name, std::move(now), std::move(before)});
  }

  void compare_parameters(const json& now, const json& before) {
    for (const std::string& name : differing_parameters(now, before))
      add(name, parameter_of(now, name), parameter_of(before, name));
  }

  /// The first data set is compared with the first, the second with the second, and so on.
  void compare_inputs(const std::vector<StageInput>& now, const std::vector<StageInput>& before) {
    std::set<std::string> kinds;
    for (const StageInput& input : now) kinds.insert(input.kind);
    for (const StageInput& input : before) kinds.insert(input.kind);
    for (const std::string& kind : kinds) {
      const std::vector<StageInput> mine = of_kind(now, kind), theirs = of_kind(before, kind);
      for (std::size_t i = 0; i < std::max(mine.size(), theirs.size()); ++i) {
        if (i < mine.size() && i < theirs.size()) {
          compare_input(mine[i], theirs[i]);
        } else {
          add("input", i < mine.size() ? json(kind) : json(), i < theirs.size() ? json(kind) : json());
        }
      }
    }
  }

  void compare_input(const StageInput& now, const StageInput& before) {
    if (now == before) return;
    const auto mine = find_now_(now), theirs = find_before_(before);
    if (!mine || !theirs) return add("input", now.folder(), before.folder());
    path_.push_back(now.kind);
    compare(*mine, *theirs);
    path_.pop_back();
  }

  static std::vector<StageInput> of_kind(const std::vector<StageInput>& inputs, const std::string& kind) {
    std::vector<StageInput> chosen;
    std::copy_if(inputs.begin(), inputs.end(), std::back_inserter(chosen),
                 [&](const StageInput& input) { return input.kind == kind; });
    return chosen;
  }

  const FindStage& find_now_;
  const FindStage& find_before_;
  std::set<std::pair<std::string, std::string>> compared_;
  std::vector<std::string> path_;
  std::vector<StageDifference> found_;
};

}  // namespace

StageIdentity identity_of(const EarlierStage& stage) {
  return {stage.kind, stage.key, stage.version, stage.parameters, stage.inputs};
}

StageIdentity identity_of(const StageRequest& request) {
  return {request.kind, request.key, request.version, request.parameters, request.inputs};
}

FindStage find_in(const StageIndex& index) {
  return [&index](const StageInput& input) -> std::optional<StageIdentity> {
    const EarlierStage* found = index.find(input);
    return found == nullptr ? std::nullopt : std::optional(identity_of(*found));
  };
}

std::vector<StageDifference> stage_differences(const StageIdentity& now, const StageIdentity& before,
                                               const FindStage& find_now, const FindStage& find_before) {
  Comparer comparer(find_now, find_before);
  comparer.compare(now, before);
  return comparer.take();
}

std::string as_text(const StageDifference& difference) {
  std::string text;
  for (const std::string& kind : difference.path) text += kind + ": ";
  return text + fmt::format("{}: {}, was {}", difference.name, parameter_as_text(difference.now),
                            parameter_as_text(difference.before));
}

ordered_json as_json(const StageDifference& difference) {
  return {{"stage", difference.path},
          {"name", difference.name},
          {"now", ordered_json(difference.now)},
          {"before", ordered_json(difference.before)}};
}

}  // namespace imp::harness
