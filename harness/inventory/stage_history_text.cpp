// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "harness/inventory/stage_history.h"
#include "harness/plan/plan_printer.h"
#include "harness/plan/plan_resources.h"

namespace imp::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string lines_under(const std::string& head, const std::vector<std::string>& lines,
                        const std::string& none) {
  if (lines.empty()) return fmt::format("{}: {}\n", head, none);
  std::string text = head + ":\n";
  for (const std::string& line : lines) text += "  " + line + '\n';
  return text;
}

std::vector<std::string> parameters_as_lines(const json& parameters) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : parameters.items())
    lines.push_back(fmt::format("{}: {}", name, parameter_as_text(value)));
  return lines;
}

/// `made 2026-11-27T10:00:00Z on host (cpu) in 1 min 42 s, 8.1e+12 FLOPs, at most 1.2 GiB of memory`.
std::string making_as_text(const StageHistory& history) {
  const EarlierStage& stage = history.stage;
  std::string text = fmt::format("made {} on {} ({})", stage.made.empty() ? "at an unknown time" : stage.made,
                                 stage.host.empty() ? "an unknown host" : stage.host, stage.device);
  if (stage.seconds >= 0) text += " in " + duration_as_text(stage.seconds);
  if (stage.flops > 0) text += fmt::format(", {:.3g} FLOPs", stage.flops);
  const auto peak = history.record.find("peak_memory_bytes");
  if (peak != history.record.end() && peak->is_number_integer())
    text += fmt::format(", at most {} of memory", size_as_text(peak->get<std::int64_t>()));
  const auto energy = history.record.find("energy_joules");
  if (energy != history.record.end() && energy->is_number())
    text += fmt::format(", {:.0f} J", energy->get<double>());
  return text + '\n';
}

}  // namespace

std::string history_as_text(const StageHistory& history) {
  const EarlierStage& stage = history.stage;
  std::string text = stage.folder();
  if (stage.version > 0) text += fmt::format(" (version {} of the code of its kind)", stage.version);
  text += '\n' + making_as_text(history);
  text += lines_under("parameters", parameters_as_lines(stage.parameters), "none");
  text += lines_under("made from", history.inputs, "no other stage");
  return text + lines_under("used by", history.users, "no sweep or trial; `imp-sweep gc` lists it");
}

ordered_json history_as_json(const StageHistory& history) {
  ordered_json users = ordered_json::array();
  for (const std::string& user : history.users) users.push_back(user);
  return {{"schema", 1},
          {"stage", history.stage.folder()},
          {"record", ordered_json(history.record)},
          {"inputs", history.inputs},
          {"used_by", users}};
}

std::string comparison_as_text(const StageComparison& comparison) {
  if (comparison.lines.empty()) {
    return comparison.wanted_by.empty() ? "the same stage\n"
                                        : fmt::format("{} is what {} wants: it is not made again\n",
                                                      comparison.before, comparison.wanted_by);
  }
  std::vector<std::string> lines;
  for (const StageDifference& difference : comparison.lines) lines.push_back(as_text(difference));
  const std::string head = comparison.wanted_by.empty()
                               ? fmt::format("{} against {}", comparison.now, comparison.before)
                               : fmt::format("{} is wanted in its place by {}, the closest; they differ in",
                                             comparison.now, comparison.wanted_by);
  return lines_under(head, lines, "");
}

ordered_json comparison_as_json(const StageComparison& comparison) {
  ordered_json lines = ordered_json::array();
  for (const StageDifference& difference : comparison.lines) lines.push_back(as_json(difference));
  return {{"now", comparison.now},
          {"before", comparison.before},
          {"wanted_by", comparison.wanted_by.empty() ? ordered_json() : ordered_json(comparison.wanted_by)},
          {"differences", lines}};
}

}  // namespace imp::harness
