// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/stage_request.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "models/io/hash.h"

namespace imp::harness {

namespace {

constexpr std::array<std::pair<std::string_view, int>, 9> kVersions{{
    {"data", 2},
    {"pictures", 1},
    {"leaks", 1},
    {"features", 3},
    {"pretrain", 4},
    {"connector", 3},
    {"trunk", 3},  // what it begins, finetune ends: both are raised together
    {"finetune", 3},
    {"eval", 6},
}};

}  // namespace

int stage_version(std::string_view kind) {
  for (const auto& [name, version] : kVersions) {
    if (name == kind) return version;
  }
  throw std::logic_error("no stage of kind " + std::string(kind));
}

bool is_stage_kind(std::string_view kind) {
  return std::any_of(kVersions.begin(), kVersions.end(),
                     [&](const auto& known) { return known.first == kind; });
}

StageRequest make_request(std::string_view kind, nlohmann::json parameters, std::vector<StageInput> inputs) {
  StageRequest request{std::string(kind), stage_version(kind), std::move(parameters), std::move(inputs), ""};
  nlohmann::json input_list = nlohmann::json::array();
  for (const StageInput& input : request.inputs)
    input_list.push_back({{"kind", input.kind}, {"key", input.key}});
  const nlohmann::json canonical{{"kind", request.kind},
                                 {"version", request.version},
                                 {"parameters", request.parameters},
                                 {"inputs", input_list}};
  request.key = content_hash(canonical.dump());
  return request;
}

nlohmann::ordered_json as_json(const StageInput& input) {
  return {{"kind", input.kind}, {"key", input.key}};
}

StageInput input_from_json(const nlohmann::json& record) {
  return {record.at("kind").get<std::string>(), record.at("key").get<std::string>()};
}

bool is_attempt_at(std::string_view name, const std::string& stage) {
  if (!name.starts_with(kMaking)) return false;
  const std::string_view made = name.substr(kMaking.size());
  return made == stage || made.starts_with(stage + ".");
}

}  // namespace imp::harness
