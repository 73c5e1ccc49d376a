// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/work_unit.h"

namespace imp::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json stage_json(const StageRequest& stage) {
  ordered_json record{{"kind", stage.kind},
                      {"version", stage.version},
                      {"parameters", ordered_json(stage.parameters)},
                      {"inputs", ordered_json::array()},
                      {"key", stage.key},
                      {"own_epochs", stage.own_epochs}};
  for (const StageInput& input : stage.inputs) record["inputs"].push_back(as_json(input));
  if (stage.trunk) record["trunk"] = as_json(*stage.trunk);
  return record;
}

StageRequest stage_from_json(const json& record) {
  StageRequest stage;
  stage.kind = record.at("kind").get<std::string>();
  stage.version = record.at("version").get<int>();
  stage.parameters = record.at("parameters");
  for (const json& input : record.at("inputs")) stage.inputs.push_back(input_from_json(input));
  stage.key = record.at("key").get<std::string>();
  stage.own_epochs = record.at("own_epochs").get<double>();
  if (record.contains("trunk")) stage.trunk = input_from_json(record["trunk"]);
  return stage;
}

}  // namespace

ordered_json to_json(const WorkUnit& unit) {
  ordered_json record{{"trial", unit.trial},
                      {"label", unit.label},
                      {"config", ordered_json(unit.config)},
                      {"stages", ordered_json::array()},
                      {"only_stage", unit.only_stage},
                      {"micro_batch", unit.micro_batch},
                      {"connector_micro_batch", unit.connector_micro_batch},
                      {"made_early", unit.made_early},
                      {"bytes", unit.bytes}};
  for (const StageRequest& stage : unit.stages) record["stages"].push_back(stage_json(stage));
  return record;
}

WorkUnit unit_from_json(const json& record) {
  WorkUnit unit{record.at("trial").get<std::string>(),
                record.at("label").get<std::string>(),
                record.at("config"),
                {},
                record.at("only_stage").get<std::string>(),
                record.at("micro_batch").get<std::int64_t>(),
                record.at("connector_micro_batch").get<std::int64_t>(),
                record.at("made_early").get<std::map<std::string, double>>(),
                record.at("bytes").get<StageBytes>()};
  for (const json& stage : record.at("stages"))
    unit.stages.add(std::make_shared<const StageRequest>(stage_from_json(stage)));
  return unit;
}

ordered_json to_json(const UnitResult& result) {
  return {{"status", result.status},           {"stage", result.stage},
          {"error_type", result.error_type},   {"error_message", result.error_message},
          {"micro_batch", result.micro_batch}, {"seconds", result.seconds}};
}

UnitResult result_from_json(const json& record) {
  return {record.at("status").get<std::string>(),       record.at("stage").get<std::string>(),
          record.at("error_type").get<std::string>(),   record.at("error_message").get<std::string>(),
          record.at("micro_batch").get<std::int64_t>(), record.at("seconds").get<double>()};
}

std::string as_line(const ordered_json& record) {
  // A message may carry a file's name, which may be any bytes.
  return record.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace imp::harness
