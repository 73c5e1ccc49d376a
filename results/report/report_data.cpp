// SPDX-License-Identifier: Apache-2.0
#include "results/report/report_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/json_fields.h"

namespace imp::results {
namespace {

using nlohmann::json;

std::vector<std::string> load_factors(Database& database, std::int64_t sweep_id) {
  std::vector<std::string> names;
  Statement statement(database,
                      "SELECT DISTINCT position, name FROM factor WHERE sweep_id = ? ORDER BY position");
  statement.bind_all(sweep_id);
  while (statement.step()) names.push_back(statement.name(1));
  return names;
}

std::map<std::string, BenchmarkScore> load_scores(Database& database, std::int64_t trial_id) {
  std::map<std::string, BenchmarkScore> scores;
  Statement statement(
      database,
      "SELECT s.benchmark, s.value, s.standard_error, b.value FROM score AS s LEFT JOIN score AS b "
      "ON b.trial_id = s.trial_id AND b.benchmark = s.benchmark AND b.metric = s.metric || '_blind' "
      "WHERE s.trial_id = ? AND s.main = 1");
  statement.bind_all(trial_id);
  while (statement.step()) {
    scores[statement.text(0)] = {statement.real(1), statement.maybe_real(2), statement.maybe_real(3)};
  }
  return scores;
}

/// Where a JSON text stands in a database, for errors: "imp.db: trial 'a': levels_json".
std::string place_of(const Database& database, const char* table, const std::string& name,
                     const char* column) {
  return fmt::format("{}: {} '{}': {}", database.path().string(), table, name, column);
}

std::vector<std::string> levels_of(const std::string& levels_json, const std::string& where,
                                   const std::vector<std::string>& factors) {
  const json levels = parse_stored_json(levels_json, where);
  if (!levels.is_object()) fail_as_stored(where, "is not an object {...}");
  std::vector<std::string> values;
  for (const std::string& factor : factors) {
    const auto level = levels.find(factor);
    const bool is_text = level != levels.end() && level->is_string();
    values.push_back(level == levels.end() ? "" : is_text ? level->get<std::string>() : level->dump());
  }
  return values;
}

void load_cells(Database& database, ReportData& data) {
  Statement statement(database,
                      "SELECT cell_number, cell, levels_json, trial_id, name, seed, status, wall_seconds, "
                      "tokens_per_second, trained_parameters, train_seconds FROM trial WHERE sweep_id = ? "
                      "ORDER BY cell_number, seed");
  statement.bind_all(data.sweep_id);
  std::int64_t cell_number = -1;
  while (statement.step()) {
    if (statement.integer(0) != cell_number) {
      cell_number = statement.integer(0);
      const std::string where = place_of(database, "trial", statement.text(4), "levels_json");
      data.cells.push_back(
          {cell_number, statement.text(1), levels_of(statement.text(2), where, data.factors), {}});
    }
    data.cells.back().trials.push_back({.trial_id = statement.integer(3),
                                        .name = statement.name(4),
                                        .seed = statement.integer(5),
                                        .status = statement.text(6),
                                        .wall_seconds = statement.maybe_real(7),
                                        .tokens_per_second = statement.maybe_real(8),
                                        .trained_parameters = statement.maybe_real(9),
                                        .train_seconds = statement.maybe_real(10),
                                        .cost_seconds = {},
                                        .scores = load_scores(database, statement.integer(3))});
  }
}

void load_costs(Database& database, ReportData& data) {
  std::map<std::string, std::optional<double>> seconds;  // by trial
  Statement statement(database, "SELECT trial, own_seconds + share_seconds FROM v_cost WHERE sweep = ?");
  statement.bind_all(data.name);
  while (statement.step()) seconds[statement.name(0)] = statement.maybe_real(1);
  for (ReportCell& cell : data.cells) {
    for (ReportTrial& trial : cell.trials) {
      const auto found = seconds.find(trial.name);
      if (found != seconds.end()) trial.cost_seconds = found->second;
    }
  }
}

/// The sweep file's benchmarks, then any other that has scores.
std::vector<std::string> benchmarks_of(const std::string& planned_json, const std::string& where,
                                       const std::vector<ReportCell>& cells) {
  const json planned = parse_stored_json(planned_json, where);
  if (!planned.is_array()) fail_as_stored(where, "is not a list [...]");
  std::vector<std::string> names;
  for (const json& name : planned) {
    if (!name.is_string()) fail_as_stored(where, "holds what is no name");
    names.push_back(name.get<std::string>());
  }
  for (const ReportCell& cell : cells) {
    for (const ReportTrial& trial : cell.trials) {
      for (const auto& [benchmark, score] : trial.scores) {
        if (std::find(names.begin(), names.end(), benchmark) == names.end()) names.push_back(benchmark);
      }
    }
  }
  return names;
}

}  // namespace

std::vector<const ReportTrial*> ReportCell::done() const {
  std::vector<const ReportTrial*> found;
  for (const ReportTrial& trial : trials) {
    if (trial.status == "done") found.push_back(&trial);
  }
  return found;
}

ReportData load_report_data(Database& database, const std::string& sweep) {
  Statement statement(database, "SELECT sweep_id, about, benchmarks_json FROM sweep WHERE name = ?");
  statement.bind_all(sweep).step();
  ReportData data{.sweep_id = statement.integer(0),
                  .name = sweep,
                  .about = statement.name(1),
                  .factors = load_factors(database, statement.integer(0)),
                  .benchmarks = {},
                  .cells = {}};
  load_cells(database, data);
  load_costs(database, data);
  data.benchmarks =
      benchmarks_of(statement.text(2), place_of(database, "sweep", sweep, "benchmarks_json"), data.cells);
  return data;
}

}  // namespace imp::results
