// SPDX-License-Identifier: Apache-2.0
#include "results/compare/database_difference.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "results/compare/cell_difference.h"
#include "results/compare/paired_cells.h"
#include "results/controls.h"
#include "results/json_fields.h"
#include "results/report/display.h"

namespace imp::results {
namespace {

struct Trial {
  std::int64_t id = 0, cell_number = 0, seed = 0;
  std::string name, cell, sweep, status,
      config;  // `config` in one form, so that equal configurations are equal texts
};

std::vector<Trial> load_trials(Database& database) {
  std::vector<Trial> trials;
  Statement row(
      database,
      "SELECT trial_id, sweep.name, trial.name, status, config_json, cell_number, seed, cell FROM trial "
      "JOIN sweep USING (sweep_id) ORDER BY sweep_id, cell_number, seed");
  while (row.step()) {
    const std::string name = row.text(1) + ": " + row.text(2);
    const std::string where = fmt::format("trial '{}': config_json", name);
    trials.push_back({row.integer(0), row.integer(5), row.integer(6), name, row.text(7), row.text(1),
                      row.text(3), parse_stored_json(row.text(4), where).dump()});
  }
  return trials;
}

/// Pairs of places of the same trial; what has no partner has none.
struct Matching {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  std::vector<std::size_t> only_a, only_b;
};

Matching match(const std::vector<Trial>& a, const std::vector<Trial>& b) {
  Matching matching;
  std::vector<bool> taken_a(a.size(), false);
  std::vector<bool> taken_b(b.size(), false);
  for (const bool by_sweep : {true, false}) {
    std::multimap<std::string, std::size_t> places;
    const auto key = [&](const Trial& trial) { return (by_sweep ? trial.sweep : "") + "\n" + trial.config; };
    for (std::size_t i = 0; i < b.size(); ++i) {
      if (!taken_b[i]) places.emplace(key(b[i]), i);
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto found = taken_a[i] ? places.end() : places.find(key(a[i]));
      if (found == places.end()) continue;
      taken_a[i] = taken_b[found->second] = true;
      matching.pairs.emplace_back(i, found->second);
      places.erase(found);
    }
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!taken_a[i]) matching.only_a.push_back(i);
  }
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (!taken_b[i]) matching.only_b.push_back(i);
  }
  return matching;
}

/// A cell of both databases with the seeds that both have done.
struct CellInBoth {
  std::string sweep, name;  ///< in A
  std::vector<std::int64_t> seeds;
  CellPair trials;
};

/// (benchmark, metric) -> values by trial; a trial that lacks one has none.
using Scores = std::map<std::pair<std::string, std::string>, std::vector<std::optional<double>>>;

Scores scores_of(Database& database, const std::vector<std::int64_t>& trials) {
  Scores scores;
  Statement row(database, "SELECT benchmark, metric, value FROM score WHERE trial_id = ?");
  for (std::size_t i = 0; i < trials.size(); ++i) {
    row.bind_all(trials[i]);
    while (row.step()) {
      auto& values = scores[{row.text(0), row.text(1)}];
      values.resize(trials.size());
      values[i] = row.real(2);
    }
  }
  return scores;
}

std::optional<double> mean_of(const std::vector<std::optional<double>>& values) {
  double sum = 0.0;
  for (const auto& value : values) {
    if (!value) return std::nullopt;
    sum += *value / static_cast<double>(values.size());
  }
  return values.empty() ? std::nullopt : std::optional(sum);
}

/// One score of one of several cells.
struct ScoreRow {
  std::size_t cell = 0;
  std::string benchmark, metric;
  DifferenceRow row;
};

/// Scores that are another number for some seed, or that one side lacks, without intervals.
std::vector<ScoreRow> differing_scores(Database& a, Database& b, const std::vector<CellInBoth>& cells) {
  std::vector<ScoreRow> rows;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    Scores of_a = scores_of(a, cells[c].trials.in_a);
    Scores of_b = scores_of(b, cells[c].trials.in_b);
    for (const auto& [score, unused] : of_b) of_a.try_emplace(score);
    for (const auto& [score, values] : of_a) {
      const auto& others = of_b[score];
      if (values == others) continue;
      ScoreRow found{c, score.first, score.second, {}};
      DifferenceRow& row = found.row;
      row.kind = "score";
      row.what = fmt::format("{}: {}, {} {}", cells[c].sweep, cells[c].name, score.first, score.second);
      row.value_a = mean_of(values);
      row.value_b = mean_of(others);
      if (row.value_a && row.value_b) row.difference = *row.value_b - *row.value_a;
      row.a = percent(row.value_a);
      row.b = percent(row.value_b);
      row.is_paired = false;
      rows.push_back(std::move(found));
    }
  }
  return rows;
}

/// Gives the rows of one score their intervals where the answers' means are the scores.
void add_intervals(Database& a, Database& b, const std::vector<CellInBoth>& cells,
                   const std::string& benchmark, const std::string& metric, std::string_view control,
                   std::vector<ScoreRow>& rows) {
  constexpr double kTolerance = 1e-6;
  std::vector<CellPair> pairs;
  for (const CellInBoth& cell : cells) pairs.push_back(cell.trials);
  const auto differences = paired_differences(a, b, benchmark, control, pairs);
  for (ScoreRow& each : rows) {
    if (each.benchmark != benchmark || each.metric != metric || !each.row.difference) continue;
    const auto& paired = differences[each.cell];
    if (!paired || std::abs(paired->mean_a - *each.row.value_a) > kTolerance ||
        std::abs(paired->mean_b - *each.row.value_b) > kTolerance)
      continue;
    each.row.ci_low = paired->ci_low;
    each.row.ci_high = paired->ci_high;
    each.row.p = paired->p;
    each.row.is_paired = true;
  }
}

bool is_main(Database& database, const CellInBoth& cell, const std::string& benchmark,
             const std::string& metric) {
  Statement row(database, "SELECT main FROM score WHERE trial_id = ? AND benchmark = ? AND metric = ?");
  return row.bind_all(cell.trials.in_a.front(), benchmark, metric).step() && row.integer(0) == 1;
}

/// The score rows of cells of a sweep that have the same seeds.
void add_score_rows(Database& a, Database& b, const std::vector<CellInBoth>& cells,
                    std::vector<DifferenceRow>& rows) {
  std::vector<ScoreRow> found = differing_scores(a, b, cells);
  std::set<std::pair<std::string, std::string>> scores;
  for (const ScoreRow& each : found) scores.emplace(each.benchmark, each.metric);
  for (const auto& [benchmark, metric] : scores) {
    const auto [main_metric, control] = split_control(metric, '_');
    if (is_main(a, cells.front(), benchmark, main_metric))
      add_intervals(a, b, cells, benchmark, metric, control, found);
  }
  for (ScoreRow& each : found) rows.push_back(std::move(each.row));
}

/// The cells of matched trials, those together that are of one sweep and have the same seeds.
std::vector<std::vector<CellInBoth>> cells_in_both(
    const std::vector<Trial>& of_a, const std::vector<Trial>& of_b,
    const std::vector<std::pair<std::size_t, std::size_t>>& matched) {
  std::map<std::tuple<std::string, std::int64_t, std::string, std::int64_t>, CellInBoth> cells;  // in A, in B
  for (const auto& [i, j] : matched) {
    CellInBoth& cell = cells[{of_a[i].sweep, of_a[i].cell_number, of_b[j].sweep, of_b[j].cell_number}];
    cell.sweep = of_a[i].sweep;
    cell.name = of_a[i].cell;
    cell.seeds.push_back(of_a[i].seed);
    cell.trials.in_a.push_back(of_a[i].id);
    cell.trials.in_b.push_back(of_b[j].id);
  }
  std::map<std::pair<std::string, std::vector<std::int64_t>>, std::vector<CellInBoth>> groups;
  for (const auto& [places, cell] : cells) groups[{cell.sweep, cell.seeds}].push_back(cell);
  std::vector<std::vector<CellInBoth>> together;
  for (auto& [key, group] : groups) together.push_back(std::move(group));
  return together;
}

void add_presence_row(std::vector<DifferenceRow>& rows, const std::string& name, const std::string& a,
                      const std::string& b) {
  DifferenceRow row;
  row.kind = "presence";
  row.what = name;
  row.a = a;
  row.b = b;
  rows.push_back(std::move(row));
}

}  // namespace

Differences database_differences(Database& a, Database& b) {
  const std::vector<Trial> of_a = load_trials(a);
  const std::vector<Trial> of_b = load_trials(b);
  const Matching matching = match(of_a, of_b);
  std::vector<DifferenceRow> rows;
  for (const std::size_t i : matching.only_a) add_presence_row(rows, of_a[i].name, of_a[i].status, kNothing);
  for (const std::size_t i : matching.only_b) add_presence_row(rows, of_b[i].name, kNothing, of_b[i].status);
  std::size_t same = 0;
  std::size_t others = 0;
  std::vector<std::int64_t> ids_a;
  std::vector<std::int64_t> ids_b;
  std::vector<std::pair<std::size_t, std::size_t>> ended_alike;
  for (const auto& [i, j] : matching.pairs) {
    ids_a.push_back(of_a[i].id);
    ids_b.push_back(of_b[j].id);
    const bool same_status = of_a[i].status == of_b[j].status;
    if (same_status) {
      ended_alike.emplace_back(i, j);
    } else {
      add_presence_row(rows, of_a[i].name, of_a[i].status, of_b[j].status);
    }
    const bool same_scores = scores_of(a, {of_a[i].id}) == scores_of(b, {of_b[j].id});
    ++(same_status && same_scores ? same : others);
  }
  for (const auto& cells : cells_in_both(of_a, of_b, ended_alike)) add_score_rows(a, b, cells, rows);
  Differences result;
  result.scores_differ = !rows.empty();
  if (!matching.pairs.empty())
    add_differing_keys(rows, "machine", circumstances_of(a, ids_a), circumstances_of(b, ids_b));
  result.table =
      difference_table(fmt::format("A, {}; B, {}", a.path().string(), b.path().string()), "A", "B", rows);
  result.table.notes.push_back(
      fmt::format("{} trials in both with the same outcome and scores, {} in both with others, {} only in A, "
                  "{} only in B",
                  same, others, matching.only_a.size(), matching.only_b.size()));
  result.table.footnotes.emplace_back(
      "Trials are the same that have the same configuration and seed. Scores: means of a cell's seeds that "
      "both "
      "have, in points, those alone that are not the same numbers, with the 95 % interval of the difference "
      "over questions and seeds. Not paired: the answers of both to the same questions are not there, or "
      "their "
      "mean is not the score, so that chance cannot be told from a difference.");
  return result;
}

}  // namespace imp::results
