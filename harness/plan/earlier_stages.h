// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "harness/plan/stage_request.h"

namespace imp::harness {

/// A stage that lies finished in a runs folder.
struct EarlierStage {
  std::string kind;
  std::string key;
  [[nodiscard]] std::string folder() const { return kind + "-" + key; }
  int version = 0;  ///< of the code that made it; 0: not recorded
  nlohmann::json parameters;
  std::vector<StageInput> inputs;
  std::optional<StageInput> trunk;  ///< that it went on from
  std::string made;                 ///< ISO time
  std::string host;                 ///< on which it was made; "": not recorded
  double seconds = -1;              ///< negative: not recorded
  double own_epochs = 0;            ///< as in StageRequest; 0: not recorded
  double flops = 0;                 ///< of the whole stage; 0: not recorded
  std::string device;               ///< on which it was made
};

/// The finished stage in a folder; nothing if it has no readable stage.json of its own kind and key.
[[nodiscard]] std::optional<EarlierStage> read_finished_stage(const std::filesystem::path& folder);

/// FLOP a second of stages with models, the median of the newest, by what they were made on.
struct EarlierRates {
  std::optional<double> cpu, gpu;
};

/// The finished stages of a runs folder.
class EarlierStages {
 public:
  /// Reads `<runs>/stages/*/stage.json`; a folder without a readable one is no finished stage.
  explicit EarlierStages(const std::filesystem::path& runs_dir);

  [[nodiscard]] bool has(const StageRequest& request) const;

  /// The stage of the same kind with the fewest other parameters (of equals the newest) among the newest 200,
  /// or nullptr. For a trunk that is the first of its kind, a finetune stage: it is the same work.
  /// With `host`, of those that were made there, or where is not recorded.
  [[nodiscard]] const EarlierStage* closest(const StageRequest& request, std::string_view host = "") const;

  /// Of stages that were made on that host, or where is not recorded.
  [[nodiscard]] EarlierRates rates(std::string_view host) const;

 private:
  [[nodiscard]] const EarlierStage* closest_of(std::string_view kind, const StageRequest& request,
                                               std::string_view host) const;

  std::vector<EarlierStage> stages_;                                          ///< newest first
  std::unordered_map<std::string, std::vector<std::size_t>> places_of_kind_;  ///< in stages_
  std::unordered_set<std::string> folders_;                                   ///< `<kind>-<key>`
};

/// How long a stage will take if an epoch, a rendered picture or a step of pretraining takes as long as in
/// `earlier`; nothing where that is not recorded.
[[nodiscard]] std::optional<double> expected_seconds(const StageRequest& request,
                                                     const EarlierStage& earlier);

/// The names of parameters that two stages do not have alike.
[[nodiscard]] std::vector<std::string> differing_parameters(const nlohmann::json& now,
                                                            const nlohmann::json& before);
/// A parameter of a stage; null where it has none of the name.
[[nodiscard]] nlohmann::json parameter_of(const nlohmann::json& parameters, const std::string& name);
/// For people; null: `absent`.
[[nodiscard]] std::string parameter_as_text(const nlohmann::json& value);
/// The parameters in which two stages differ, `lora_rank: 128, was 256`, and `inputs` where those do.
[[nodiscard]] std::vector<std::string> differences(const StageRequest& request, const EarlierStage& earlier);

}  // namespace imp::harness
