// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/inventory/trial_difference.h"
#include "harness/plan/text_table.h"

namespace imp::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string shown(const json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>().empty() ? "\"\"" : value.get<std::string>();
  return value.dump();
}

std::string shown_key(const std::string& key) {
  constexpr std::size_t kDigits = 8;
  return key.empty() ? "-" : key.substr(0, kDigits);
}

void add_rows(std::vector<TextRow>& rows, const std::vector<ComparedValue>& values) {
  for (const ComparedValue& value : values) rows.push_back({value.name, shown(value.a), shown(value.b)});
}

std::string configurations(const TrialDifference& difference, bool all) {
  std::vector<TextRow> rows{{"configuration", "A", "B"}};
  add_rows(rows, difference.differing);
  if (all) add_rows(rows, difference.alike);
  std::string text = rows.size() > 1 ? as_table(rows) : "";
  if (!all || difference.differing.empty()) {
    text += fmt::format("{} key{} alike{}\n", difference.alike.size(),
                        difference.alike.size() == 1 ? "" : "s", all ? "" : " (--all shows them)");
  }
  return text;
}

std::string stages(const TrialDifference& difference) {
  std::vector<std::string> shared;
  std::vector<TextRow> rows{{"stage", "A", "B", ""}};
  for (const ComparedStage& stage : difference.stages) {
    if (stage.is_shared()) {
      shared.push_back(StageInput{stage.kind, stage.key_a}.short_name());
      continue;
    }
    std::vector<std::string> reasons;
    for (const StageDifference& each : stage.differences) reasons.push_back(as_text(each));
    const std::string where = !stage.parts_here ? ""
                              : reasons.empty()
                                  ? "the trees part here"
                                  : fmt::format("the trees part here: {}", fmt::join(reasons, "; "));
    rows.push_back({stage.kind, shown_key(stage.key_a), shown_key(stage.key_b), where});
  }
  std::string text =
      shared.empty() ? "no stage is shared\n" : fmt::format("shared: {}\n", fmt::join(shared, ", "));
  if (rows.size() > 1) text += as_table(rows);
  return text;
}

std::string scores(const TrialDifference& difference) {
  std::vector<TextRow> rows{{"score", "A", "B", "B - A"}};
  for (const ComparedValue& score : difference.scores) {
    const bool both = score.a.is_number() && score.b.is_number();
    const auto number = [](const json& value) {
      return value.is_number() ? fmt::format("{:.4f}", value.get<double>()) : shown(value);
    };
    rows.push_back({score.name, number(score.a), number(score.b),
                    both ? fmt::format("{:+.4f}", score.b.get<double>() - score.a.get<double>()) : "-"});
  }
  return as_table(rows) + "whether such a difference is more than chance: `imp-report diff`\n";
}

ordered_json values_as_json(const std::vector<ComparedValue>& values) {
  ordered_json list = ordered_json::array();
  for (const ComparedValue& value : values)
    list.push_back({{"name", value.name}, {"a", ordered_json(value.a)}, {"b", ordered_json(value.b)}});
  return list;
}

}  // namespace

std::string difference_as_text(const TrialDifference& difference, bool all) {
  std::string text = fmt::format("A: {}\nB: {}\n\n", difference.a, difference.b);
  text += configurations(difference, all) + '\n' + stages(difference);
  if (!difference.provenance.empty()) {
    std::vector<TextRow> rows{{"provenance", "A", "B"}};
    add_rows(rows, difference.provenance);
    text += '\n' + as_table(rows);
  }
  if (!difference.scores.empty()) text += '\n' + scores(difference);
  return text;
}

ordered_json difference_as_json(const TrialDifference& difference) {
  ordered_json stage_list = ordered_json::array();
  for (const ComparedStage& stage : difference.stages) {
    ordered_json reasons = ordered_json::array();
    for (const StageDifference& each : stage.differences) reasons.push_back(as_json(each));
    const auto key = [](const std::string& text) {
      return text.empty() ? ordered_json() : ordered_json(text);
    };
    stage_list.push_back({{"kind", stage.kind},
                          {"a", key(stage.key_a)},
                          {"b", key(stage.key_b)},
                          {"shared", stage.is_shared()},
                          {"trees_part_here", stage.parts_here},
                          {"differences", reasons}});
  }
  return {{"schema", 1},
          {"a", difference.a},
          {"b", difference.b},
          {"differing", values_as_json(difference.differing)},
          {"alike", values_as_json(difference.alike)},
          {"stages", stage_list},
          {"provenance", values_as_json(difference.provenance)},
          {"scores", values_as_json(difference.scores)}};
}

}  // namespace imp::harness
