// SPDX-License-Identifier: Apache-2.0
#include "results/report/report_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "results/report/benchmark_result.h"
#include "results/report/display.h"
#include "results/report/level_values.h"
#include "results/report/report_data.h"
#include "results/report/report_notes.h"
#include "results/report/sweep_choice.h"
#include "results/report/unfinished_mark.h"

namespace imp::results {
namespace {

using Result = std::optional<CellScore>;

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.-+e") == std::string::npos;
}

void add_factor_columns(Table& table, const ReportData& data) {
  if (data.factors.empty()) table.columns.push_back({"cell", false, {"cell"}, ColumnRole::key});
  for (std::size_t f = 0; f < data.factors.size(); ++f) {
    const bool numbers = std::all_of(data.cells.begin(), data.cells.end(),
                                     [&](const ReportCell& cell) { return is_number(cell.levels[f]); });
    table.columns.push_back({data.factors[f], numbers, {data.factors[f]}, ColumnRole::key});
  }
}

/// Whether some cell has more controls than one on a benchmark, so that a table must say which is shown.
bool has_several_controls(const std::vector<BenchmarkResults>& results, std::size_t benchmark) {
  return std::any_of(results.begin(), results.end(), [&](const BenchmarkResults& cell) {
    return cell[benchmark] && cell[benchmark]->controls.size() > 1;
  });
}

void add_control_columns(Table& table, const std::string& name, const std::string& prefix, bool several) {
  Column control{prefix + "blind", true, {name + "_blind", name + "_blind_half_width"}};
  Column margin{
      prefix + "over blind [95 %]", true, {name + "_margin", name + "_margin_low", name + "_margin_high"}};
  if (several) {
    control.heading = prefix + "strongest control";
    margin.heading = prefix + "over it [95 %]";
    for (const char* value : {"_control", "_control_score", "_control_half_width"})
      control.fields.push_back(name + value);
    for (const char* value : {"_over_control", "_over_control_low", "_over_control_high"})
      margin.fields.push_back(name + value);
  }
  table.columns.push_back(std::move(control));
  table.columns.push_back(std::move(margin));
}

void add_benchmark_columns(Table& table, const ReportData& data,
                           const std::vector<BenchmarkResults>& results) {
  const bool several = data.benchmarks.size() > 1;
  for (std::size_t b = 0; b < data.benchmarks.size(); ++b) {
    const std::string& name = data.benchmarks[b];
    const std::string prefix = several ? name + " " : "";
    table.columns.push_back(
        {name + " ± 95 %",
         true,
         {name, name + "_standard_error", name + "_half_width", name + "_questions", name + "_pictures",
          name + "_picture_variance", name + "_seed_variance", name + "_degrees_of_freedom"},
         ColumnRole::score});
    add_control_columns(table, name, prefix, has_several_controls(results, b));
  }
  if (several) table.columns.push_back({"average", true, {"average"}, ColumnRole::score});
}

void add_cost_columns(Table& table) {
  table.columns.push_back({"seeds", true, {"seeds", "seeds_planned"}});
  table.columns.push_back({"trained parameters", true, {"trained_parameters"}});
  table.columns.push_back({"tokens/s", true, {"tokens_per_second"}});
  table.columns.push_back({"time", true, {"seconds", "wall_seconds"}});
}

void add_factor_cells(std::vector<Cell>& row, const ReportData& data, const ReportCell& cell,
                      const LevelValues& levels) {
  if (data.factors.empty()) row.push_back({cell.label, {cell.label}});
  for (std::size_t f = 0; f < cell.levels.size(); ++f)
    row.push_back({cell.levels[f], {levels.of(data.factors[f], cell.levels[f])}});
}

/// What stands in place of a score: why there is none.
std::string missing_score(const ReportCell& cell) {
  const ReportTrial* last = &cell.trials.front();
  for (const ReportTrial& trial : cell.trials) {
    if (trial.status != "planned") last = &trial;
  }
  return last->status == "done" ? kNothing : last->status;
}

/// "72.3 ± 2.1"; where only a standard error is known, that, named.
std::string with_half_width(const Measured& measured) {
  const std::string value = percent(measured.value);
  if (measured.ci_high) return value + " ± " + percent(measured.half_width());
  return measured.standard_error ? fmt::format("{} (s.e. {})", value, percent(measured.standard_error))
                                 : value;
}

Cell score_cell(const Result& result, const ReportCell& cell) {
  if (!result) return {missing_score(cell), std::vector<Value>(8)};
  return {with_half_width(result->score),
          {result->score.value, as_value(result->score.standard_error), as_value(result->score.half_width()),
           as_value(result->questions), as_value(result->pictures), as_value(result->picture_variance),
           as_value(result->seed_variance), as_value(result->degrees_of_freedom)}};
}

/// The control with the highest score, of equals the first; null if there is none.
const ControlScore* strongest_control(const Result& result) {
  if (!result || result->controls.empty()) return nullptr;
  return &*std::max_element(result->controls.begin(), result->controls.end(),
                            [](const ControlScore& left, const ControlScore& right) {
                              return left.score.value < right.score.value;
                            });
}

Cell control_cell(const ControlScore* control) {
  if (control == nullptr) return {kNothing, {{}, {}}};
  return {with_half_width(control->score), {control->score.value, as_value(control->score.half_width())}};
}

Cell margin_cell(const ControlScore* control) {
  if (control == nullptr || !control->margin) return {kNothing, {{}, {}, {}}};
  const auto [value, error, low, high] = *control->margin;
  if (!low || !high) return {signed_percent(value), {value, {}, {}}};
  return {difference_text(value, low, high), {value, *low, *high}};
}

/// Blind and the margin over it; where there are several controls, the strongest and the margin over that,
/// and for programs both.
void add_control_cells(std::vector<Cell>& row, const Result& result, bool several) {
  const ControlScore* blind = result ? result->control("blind") : nullptr;
  Cell control = control_cell(blind), margin = margin_cell(blind);
  if (several) {
    const ControlScore* strongest = strongest_control(result);
    const Cell shown = control_cell(strongest), over = margin_cell(strongest);
    control.text = strongest == nullptr ? kNothing : strongest->control + " " + shown.text;
    margin.text = over.text;
    control.values.push_back(strongest == nullptr ? Value() : Value(strongest->control));
    control.values.insert(control.values.end(), shown.values.begin(), shown.values.end());
    margin.values.insert(margin.values.end(), over.values.begin(), over.values.end());
  }
  row.push_back(std::move(control));
  row.push_back(std::move(margin));
}

/// Mean over benchmarks; nothing if one is missing, for then it would compare with no other cell.
Cell average_cell(const BenchmarkResults& results) {
  double sum = 0.0;
  for (const Result& result : results) {
    if (!result) return {kNothing, {{}}};
    sum += result->score.value;
  }
  const double average = sum / static_cast<double>(results.size());
  return {percent(average), {average}};
}

void add_benchmark_cells(std::vector<Cell>& row, const std::vector<BenchmarkResults>& all, std::size_t number,
                         const ReportCell& cell) {
  const BenchmarkResults& results = all[number];
  for (std::size_t b = 0; b < results.size(); ++b) {
    row.push_back(score_cell(results[b], cell));
    add_control_cells(row, results[b], has_several_controls(all, b));
  }
  if (results.size() > 1) row.push_back(average_cell(results));
}

/// Mean over the done trials that have the figure.
std::optional<double> mean_figure(const ReportCell& cell, std::optional<double> ReportTrial::*figure) {
  double sum = 0.0;
  int count = 0;
  for (const ReportTrial* trial : cell.done()) {
    if (!(trial->*figure)) continue;
    sum += *(trial->*figure);
    ++count;
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

void add_cost_cells(std::vector<Cell>& row, const ReportCell& cell) {
  const auto done = static_cast<std::int64_t>(cell.done().size());
  const auto planned = static_cast<std::int64_t>(cell.trials.size());
  row.push_back(
      {done == planned ? fmt::format("{}", done) : fmt::format("{} of {}", done, planned), {done, planned}});
  const auto parameters = mean_figure(cell, &ReportTrial::trained_parameters);
  row.push_back({short_count(parameters), {as_value(parameters)}});
  const auto speed = mean_figure(cell, &ReportTrial::tokens_per_second);
  row.push_back({grouped(speed), {as_value(speed)}});
  const auto wall = mean_figure(cell, &ReportTrial::wall_seconds);
  const auto cost = mean_figure(cell, &ReportTrial::cost_seconds);
  row.push_back({duration(cost), {as_value(cost), as_value(wall)}});
}

void add_error_source_note(Table& table, const ReportData& data,
                           const std::vector<BenchmarkResults>& results) {
  std::vector<std::string> which;
  for (std::size_t c = 0; c < results.size(); ++c) {
    for (std::size_t b = 0; b < results[c].size(); ++b) {
      if (!results[c][b] || results[c][b]->from_answers) continue;
      which.push_back(data.cells[c].label + " on " + data.benchmarks[b]);
    }
  }
  if (which.empty()) return;
  table.notes.push_back(
      fmt::format("standard error from each trial's own, as the score is not the mean of the recorded "
                  "answers: {}",
                  fmt::join(which, "; ")));
}

std::string controls_in_words(bool several) {
  const std::string costs =
      " Trained parameters, tokens/s and time are means over seeds; time is a trial's own stages and its "
      "share "
      "of those that it shares (imp-report cost).";
  if (!several)
    return "Blind: the same model without the picture. Over blind: score - blind, paired by question." +
           costs;
  return "Controls, the same model and questions: blind without the picture, shuffled with another "
         "question's, ocr "
         "without it and with its text in the prompt. The strongest is the one with the highest score; over "
         "it: score "
         "- control, paired by question." +
         costs;
}

std::vector<std::string> how_it_was_made(bool several_controls) {
  return {
      "Scores are percent, means over seeds, each with half its 95 % interval: what other questions (those "
      "of a picture "
      "taken together) and other seeds would change. Two scores of one table share questions, so their "
      "difference is "
      "surer than their errors suggest: the effects below, or `imp-report effects`, have it.",
      controls_in_words(several_controls)};
}

}  // namespace

Table report_table(Database& database, const std::string& sweep) {
  const ReportData data = load_report_data(database, choose_sweep(database, sweep));
  Table table;
  table.title = data.about.empty() ? data.name : data.name + ": " + data.about;
  add_factor_columns(table, data);
  const std::vector<BenchmarkResults> all_results = benchmark_results(database, data);
  add_benchmark_columns(table, data, all_results);
  add_cost_columns(table);
  const LevelValues levels(database, data.sweep_id);
  for (std::size_t c = 0; c < data.cells.size(); ++c) {
    std::vector<Cell> row;
    add_factor_cells(row, data, data.cells[c], levels);
    add_benchmark_cells(row, all_results, c, data.cells[c]);
    add_cost_cells(row, data.cells[c]);
    table.rows.push_back(std::move(row));
  }
  table.notes = report_notes(database, data);
  add_error_source_note(table, data, all_results);
  bool several = false;
  for (std::size_t b = 0; b < data.benchmarks.size(); ++b)
    several = several || has_several_controls(all_results, b);
  table.footnotes = how_it_was_made(several);
  mark_if_unfinished(table, database, data.name);
  return table;
}

}  // namespace imp::results
