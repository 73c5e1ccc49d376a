// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/report_json.h"

namespace imp::eval {

nlohmann::ordered_json report_json(const std::string& benchmark, const ScoreReport& report) {
  nlohmann::ordered_json families = nlohmann::ordered_json::object();
  for (const FamilyScore& family : report.families)
    families[family.family] = {{"value", family.mean}, {"n", family.n}};
  nlohmann::ordered_json further = nlohmann::ordered_json::object();
  for (const NamedValue& value : report.further) further[value.name] = value.value;
  return {{"benchmark", benchmark},
          {"metric", report.metric},
          {"value", report.mean},
          {"standard_error", report.standard_error},
          {"n", report.n},
          {"images", report.images},
          {"families", families},
          {"further", further},
          {"missing", report.problems.missing.size()},
          {"duplicate", report.problems.duplicate.size()},
          {"unknown", report.problems.unknown.size()},
          {"empty", report.problems.empty.size() + report.problems.unsaid.size()}};
}

}  // namespace imp::eval
