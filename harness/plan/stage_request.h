// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imp::harness {

/// A stage that another one is made from.
struct StageInput {
  std::string kind;
  std::string key;

  /// `<kind>-<key>`, its folder's name below `runs/stages`.
  [[nodiscard]] std::string folder() const { return kind + "-" + key; }
  /// The same with the key's first eight digits, for people.
  [[nodiscard]] std::string short_name() const { return kind + "-" + key.substr(0, 8); }
  bool operator==(const StageInput&) const = default;
};

/// `{"kind": ..., "key": ...}`, as records and lines have it.
[[nodiscard]] nlohmann::ordered_json as_json(const StageInput& input);
/// Throws nlohmann::json::exception.
[[nodiscard]] StageInput input_from_json(const nlohmann::json& record);

/// What the name of a folder begins with in which a stage is made; the stage's folder follows, and `.<token>`
/// of the lease under which it is made (none: an earlier imp's).
inline constexpr std::string_view kMaking = ".making-";
/// Whether a name is that of a folder in which a stage (`<kind>-<key>`) was or is being made.
[[nodiscard]] bool is_attempt_at(std::string_view name, const std::string& stage);

/// One stage of a trial, wholly determined: two requests with the same key give the same files.
struct StageRequest {
  std::string kind;  ///< data, pictures, features, connector, trunk, finetune, eval or pretrain
  int version = 1;   ///< of the code that makes this kind
  nlohmann::json
      parameters;  ///< everything that has an effect on the stage, and nothing else; sorted by name
  std::vector<StageInput> inputs;
  std::string key;  ///< 32 hexadecimal digits
  /// The trunk that a trunk or finetune stage goes on from. In no key: it saves time and changes no bit.
  std::optional<StageInput> trunk = {};
  double own_epochs = 0;  ///< epochs of stage 2 that are trained in this stage; 0: not told in epochs

  /// `<kind>-<key>`, its folder's name below `runs/stages`.
  [[nodiscard]] std::string folder() const { return kind + "-" + key; }
};

/// The version of a kind. Raise it in stage_request.cpp whenever the code of that kind gives other results
/// than before: stages made earlier are then no longer taken for new ones.
[[nodiscard]] int stage_version(std::string_view kind);

/// Whether there are stages of a kind.
[[nodiscard]] bool is_stage_kind(std::string_view kind);

/// Fills in version and key: the hash of kind, version, parameters and inputs as canonical JSON.
[[nodiscard]] StageRequest make_request(std::string_view kind, nlohmann::json parameters,
                                        std::vector<StageInput> inputs);

}  // namespace imp::harness
