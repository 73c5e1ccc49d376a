// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/inventory/stage_lookup.h"
#include "harness/plan/earlier_stages.h"
#include "harness/plan/stage_request.h"

namespace imp::harness {

/// What a stage is made of, whether it is there or only planned.
struct StageIdentity {
  std::string kind, key;
  int version = 0;  ///< 0: not recorded
  nlohmann::json parameters;
  std::vector<StageInput> inputs;
};
[[nodiscard]] StageIdentity identity_of(const EarlierStage& stage);
[[nodiscard]] StageIdentity identity_of(const StageRequest& request);

/// Finds the identity of an input; nothing where nobody knows it any more.
using FindStage = std::function<std::optional<StageIdentity>(const StageInput&)>;
/// Among the finished stages of a runs folder; `index` outlives it.
[[nodiscard]] FindStage find_in(const StageIndex& index);

/// One thing in which two stages differ.
struct StageDifference {
  std::vector<std::string> path;  ///< kinds of the inputs that lead to it; empty: the stages themselves
  std::string name;               ///< a parameter, `code version`, or `input`
  nlohmann::json now, before;     ///< null: absent
};

/// All that makes one stage another than `before`: its own parameters and code, and, where an input is
/// another one, what differs in that, down to where it begins. Equal stages differ in nothing.
[[nodiscard]] std::vector<StageDifference> stage_differences(const StageIdentity& now,
                                                             const StageIdentity& before,
                                                             const FindStage& find_now,
                                                             const FindStage& find_before);

/// `learning_rate: 0.001, was 0.0002`; `data: train_pictures: 4800, was 256`.
[[nodiscard]] std::string as_text(const StageDifference& difference);
[[nodiscard]] nlohmann::ordered_json as_json(const StageDifference& difference);

}  // namespace imp::harness
