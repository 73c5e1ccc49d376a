// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/plan/config_writer.h"
#include "harness/plan/plan_resources.h"
#include "harness/plan/plan_times.h"
#include "harness/plan/text_table.h"
#include "harness/plan/trunks.h"

namespace imp::harness {

namespace {

using nlohmann::ordered_json;
using Row = TextRow;

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string counts(const Plan& plan) {
  std::size_t by_status[3] = {0, 0, 0};
  for (const PlannedStage& stage : plan.stages) ++by_status[static_cast<std::size_t>(stage.status)];
  return fmt::format("{}: {} to run, {} to run once and share, {} to reuse",
                     plural(plan.stages.size(), "stage"), by_status[0], by_status[1], by_status[2]);
}

std::string stages_in_words(const PlannedTrial& trial, const Plan& plan) {
  std::string words;
  for (const std::size_t index : trial.planned) {
    const PlannedStage& stage = plan.stages[index];
    words +=
        fmt::format("{}{} {}", words.empty() ? "" : ", ", status_name(stage.status), stage.request->kind);
  }
  return words;
}

std::string counts_as_text(const BenchmarkCounts& benchmark) {
  const std::string of =
      benchmark.questions == benchmark.in_all ? "" : fmt::format(" of {}", grouped(benchmark.in_all));
  return fmt::format("{}: {}{} questions about {} pictures, {} answers\n", benchmark.name,
                     grouped(benchmark.questions), of, grouped(benchmark.pictures),
                     grouped(benchmark.answers));
}

/// The GPU's column only where a stage runs on one.
std::string stages_as_table(const Plan& plan) {
  const bool on_gpu = std::any_of(plan.stages.begin(), plan.stages.end(),
                                  [](const PlannedStage& stage) { return stage.device_memory.has_value(); });
  const auto size = [](const std::optional<MemoryEstimate>& memory) {
    return memory ? size_as_text(memory->total()) : "-";
  };
  return as_table(plan.stages.size() + 1, [&](std::size_t i) {
    Row row{"stage", "status", "trials", "time", "disk", "memory", "GPU memory", "reason"};
    if (i > 0) {
      const PlannedStage& stage = plan.stages[i - 1];
      row = {StageInput{stage.request->kind, stage.request->key}.short_name(),
             std::string(status_name(stage.status)),
             fmt::format("{}", stage.trials),
             time_as_text(stage),
             stage.bytes > 0 ? size_as_text(stage.bytes) : "-",
             size(stage.memory),
             size(stage.device_memory),
             stage.reason};
    }
    if (!on_gpu) row.erase(row.end() - 2);
    return row;
  });
}

std::string saving_as_text(const std::optional<TrunkSaving>& saving) {
  if (!saving) return "";
  const std::string seconds =
      saving->seconds ? fmt::format(", which saves about {}", duration_as_text(saving->seconds)) : "";
  return fmt::format("trunks: {:.3g} epochs of stage 2 are trained in place of {:.3g}{}\n", saving->epochs,
                     saving->epochs_apart, seconds);
}

ordered_json saving_as_json(const std::optional<TrunkSaving>& saving) {
  if (!saving) return nullptr;
  return {{"epochs", saving->epochs},
          {"epochs_apart", saving->epochs_apart},
          {"seconds", saving->seconds ? ordered_json(*saving->seconds) : ordered_json()}};
}

std::string points(double fraction) {
  return fmt::format("{:.1f}", 100.0 * fraction);
}

/// A line a factor and benchmark: of its pairs of levels the one that fewest cells tell.
std::vector<ExpectedInterval> least_sure(const std::vector<ExpectedInterval>& intervals) {
  std::vector<ExpectedInterval> rows;
  for (const ExpectedInterval& interval : intervals) {
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const ExpectedInterval& row) {
      return row.factor == interval.factor && row.benchmark == interval.benchmark;
    });
    if (same == rows.end()) {
      rows.push_back(interval);
    } else if (interval.half_width > same->half_width) {
      *same = interval;
    }
  }
  return rows;
}

std::string expected_as_text(const ExpectedIntervals& expected) {
  std::string text;
  if (!expected.intervals.empty()) {
    std::vector<Row> rows{
        {"factor", "benchmark", "matched pairs", "95 % interval", "resolves", "seeds for 1 point"}};
    for (const ExpectedInterval& row : least_sure(expected.intervals)) {
      rows.push_back({row.factor, row.benchmark, fmt::format("{}", row.groups),
                      fmt::format("±{}", points(row.half_width)), points(row.smallest_effect),
                      row.seeds_needed ? fmt::format("{}", *row.seeds_needed) : "more questions"});
    }
    text += "\ndifferences of two levels, as sure as the report will be of them (points):\n" + as_table(rows);
  }
  for (const ExpectedNoise& noise : expected.noise)
    text += fmt::format("noise of {}: {}\n", noise.benchmark, noise.statement);
  for (const std::string& warning : expected.warnings) text += fmt::format("warning: {}\n", warning);
  return text;
}

ordered_json expected_as_json(const ExpectedIntervals& expected) {
  const auto maybe = [](const auto& number) { return number ? ordered_json(*number) : ordered_json(); };
  ordered_json intervals = ordered_json::array();
  for (const ExpectedInterval& row : expected.intervals) {
    intervals.push_back({{"factor", row.factor},
                         {"from_level", row.from_level},
                         {"to_level", row.to_level},
                         {"benchmark", row.benchmark},
                         {"matched_groups", row.groups},
                         {"pictures", row.pictures},
                         {"half_width", row.half_width},
                         {"half_width_with_seeds", maybe(row.with_other_seed)},
                         {"smallest_effect", row.smallest_effect},
                         {"seeds_for_one_point", maybe(row.seeds_needed)}});
  }
  ordered_json noise = ordered_json::array();
  for (const ExpectedNoise& each : expected.noise) {
    noise.push_back({{"benchmark", each.benchmark},
                     {"sweep", each.sweep.empty() ? ordered_json() : ordered_json(each.sweep)},
                     {"assumed", each.sweep.empty()},
                     {"seed_deviation", each.seed_deviation},
                     {"statement", each.statement}});
  }
  return {{"intervals", intervals}, {"noise", noise}, {"warnings", expected.warnings}};
}

}  // namespace

std::string duration_as_text(std::optional<double> seconds) {
  if (!seconds) return "unknown";
  const auto whole = static_cast<long long>(std::llround(std::clamp(*seconds, 0.0, 1e12)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string plan_as_text(const Plan& plan) {
  const SweepSpec& spec = plan.sweep.spec;
  std::string text = fmt::format("{}: {}\n", spec.name, plural(plan.trials.size(), "trial"));
  if (!spec.about.empty()) text += spec.about + '\n';

  text += '\n' + as_table(plan.trials.size() + 1, [&](std::size_t i) {
            if (i == 0) return Row{"trial", "stages"};
            const PlannedTrial& trial = plan.trials[i - 1];
            return Row{trial.trial.name, stages_in_words(trial, plan)};
          });
  text += '\n' + stages_as_table(plan);
  if (!plan.benchmarks.empty()) text += '\n';
  for (const BenchmarkCounts& benchmark : plan.benchmarks) text += counts_as_text(benchmark);
  text += fmt::format("\n{}; estimated time: {}\n", counts(plan), total_time_as_text(plan));
  text += sources_of_times(plan);
  text += saving_as_text(trunk_saving(plan));
  text += resources_as_text(plan);
  for (const std::string& note : plan.notes) text += fmt::format("note: {}\n", note);
  text += expected_as_text(plan.expected);
  return text;
}

ordered_json plan_as_json(const Plan& plan) {
  ordered_json trials = ordered_json::array();
  for (const PlannedTrial& trial : plan.trials) {
    ordered_json levels = ordered_json::object();
    for (const auto& [factor, level] : trial.trial.levels) levels[factor] = level;
    ordered_json stages = ordered_json::array();
    for (const std::size_t index : trial.planned) {
      const PlannedStage& stage = plan.stages[index];
      stages.push_back({{"kind", stage.request->kind},
                        {"key", stage.request->key},
                        {"status", status_name(stage.status)}});
    }
    trials.push_back({{"trial", trial.trial.name},
                      {"seed", trial.trial.seed},
                      {"levels", levels},
                      {"config", to_json(trial.trial.config)},
                      {"stages", stages}});
  }
  ordered_json stages = ordered_json::array();
  for (const PlannedStage& stage : plan.stages) {
    ordered_json inputs = ordered_json::array();
    for (const StageInput& input : stage.request->inputs) inputs.push_back(as_json(input));
    stages.push_back(
        {{"kind", stage.request->kind},
         {"key", stage.request->key},
         {"version", stage.request->version},
         {"status", status_name(stage.status)},
         {"reason", stage.reason},
         {"trials", stage.trials},
         {"seconds", stage.seconds ? ordered_json(*stage.seconds) : ordered_json()},
         {"seconds_from", stage.seconds_from == TimeSource::none
                              ? ordered_json()
                              : ordered_json(source_name(stage.seconds_from))},
         {"bytes", stage.bytes},
         {"memory_bytes", memory_as_json(stage.memory)},
         {"device_memory_bytes", memory_as_json(stage.device_memory)},
         {"parameters", stage.request->parameters},
         {"inputs", inputs},
         {"trunk", stage.request->trunk ? ordered_json(stage.request->trunk->key) : ordered_json()}});
  }
  ordered_json benchmarks = ordered_json::array();
  for (const BenchmarkCounts& benchmark : plan.benchmarks)
    benchmarks.push_back({{"benchmark", benchmark.name},
                          {"questions", benchmark.questions},
                          {"questions_in_all", benchmark.in_all},
                          {"pictures", benchmark.pictures},
                          {"answers", benchmark.answers}});
  const ordered_json resources = resources_as_json(plan);
  return {{"schema", 1},
          {"sweep", plan.sweep.spec.name},
          {"trials", trials},
          {"stages", stages},
          {"benchmarks", benchmarks},
          {"bytes", resources["bytes"]},
          {"features", resources["features"]},
          {"devices", resources["devices"]},
          {"trunk_saving", saving_as_json(trunk_saving(plan))},
          {"notes", plan.notes},
          {"expected", expected_as_json(plan.expected)}};
}

}  // namespace imp::harness
