// SPDX-License-Identifier: Apache-2.0
#include "results/effects/compared_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "results/store_error.h"

namespace imp::results {
namespace {

using nlohmann::json;

/// The done trials of a cell.
struct CellTrials {
  std::string levels_json, config_json;
  std::map<std::int64_t, std::int64_t> trial_of_seed;
};

json parse_object(const Database& database, const std::string& text, const std::string& what) {
  json value = json::parse(text, nullptr, false);
  if (!value.is_object()) {
    throw StoreError(
        fmt::format("{}: {} is no JSON object; run `imp-sweep rebuild`", database.path().string(), what),
        StoreErrorKind::environment);
  }
  return value;
}

std::string as_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<ComparedFactor> load_factors(Database& database, std::int64_t sweep_id) {
  std::vector<ComparedFactor> factors;
  Statement statement(
      database,
      "SELECT position, name, level FROM factor WHERE sweep_id = ? ORDER BY position, level_position");
  statement.bind_all(sweep_id);
  std::int64_t position = -1;
  while (statement.step()) {
    if (statement.integer(0) != position) factors.push_back({statement.text(1), {}});
    position = statement.integer(0);
    factors.back().levels.push_back(statement.text(2));
  }
  return factors;
}

std::map<std::int64_t, CellTrials> load_done_trials(Database& database, std::int64_t sweep_id) {
  std::map<std::int64_t, CellTrials> cells;
  Statement statement(database,
                      "SELECT cell_number, levels_json, config_json, seed, trial_id FROM trial "
                      "WHERE sweep_id = ? AND status = 'done'");
  statement.bind_all(sweep_id);
  while (statement.step()) {
    CellTrials& cell = cells[statement.integer(0)];
    cell.levels_json = statement.text(1);
    cell.config_json = statement.text(2);
    cell.trial_of_seed[statement.integer(3)] = statement.integer(4);
  }
  return cells;
}

/// What two trials may differ in beside their configuration: the machine, and each stage's code and data.
void add_circumstances(Database& database, std::int64_t trial,
                       std::map<std::string, std::set<std::string>>& settings) {
  Statement machine(database, "SELECT cpu, gpu, threads, dtype FROM provenance WHERE trial_id = ?");
  if (machine.bind_all(trial).step()) {
    constexpr const char* kNames[] = {"cpu", "gpu", "threads", "dtype in use"};
    for (int i = 0; i < 4; ++i) settings[kNames[i]].insert(machine.text(i));
  }
  Statement stages(database,
                   "SELECT t.kind, s.version, t.key FROM trial_stage AS t LEFT JOIN stage AS s "
                   "ON s.kind = t.kind AND s.key = t.key WHERE t.trial_id = ? ORDER BY t.position");
  stages.bind_all(trial);
  while (stages.step()) {
    const std::string kind = stages.text(0);
    if (!stages.is_null(1)) settings["code of stage " + kind].insert(stages.text(1));
    if (kind == "data") settings["data"].insert(stages.text(2));
  }
}

ComparedCell compared_cell(Database& database, const CellTrials& trials,
                           const std::vector<ComparedFactor>& factors) {
  ComparedCell cell;
  const json levels = parse_object(database, trials.levels_json, "levels_json of a trial");
  for (const ComparedFactor& factor : factors)
    cell.levels.push_back(levels.contains(factor.name) ? as_text(levels[factor.name]) : "");
  const json config = parse_object(database, trials.config_json, "config_json of a trial");
  for (const auto& [name, value] : config.items()) {
    if (name != "seed") cell.settings[name] = as_text(value);
  }
  std::map<std::string, std::set<std::string>> circumstances;
  for (const auto& [seed, trial] : trials.trial_of_seed) add_circumstances(database, trial, circumstances);
  for (const auto& [name, values] : circumstances)
    cell.settings[name] = fmt::format("{}", fmt::join(values, ", "));
  return cell;
}

}  // namespace

std::size_t ComparedSweep::fewest_seeds() const {
  std::size_t fewest = seeds.size();
  for (const ComparedCell& cell : cells) fewest = std::min(fewest, cell.seeds.size());
  return fewest;
}

std::size_t ComparedSweep::most_seeds() const {
  std::size_t most = 0;
  for (const ComparedCell& cell : cells) most = std::max(most, cell.seeds.size());
  return most;
}

ComparedSweep load_compared_sweep(Database& database, std::int64_t sweep_id) {
  ComparedSweep sweep{.sweep_id = sweep_id,
                      .factors = load_factors(database, sweep_id),
                      .cells = {},
                      .seeds = {},
                      .trials = {},
                      .runs = {}};
  const std::map<std::int64_t, CellTrials> cells = load_done_trials(database, sweep_id);
  std::set<std::int64_t> seeds;
  for (const auto& [number, cell] : cells) {
    for (const auto& [seed, trial] : cell.trial_of_seed) seeds.insert(seed);
  }
  sweep.seeds.assign(seeds.begin(), seeds.end());
  for (const auto& [number, trials] : cells) {
    ComparedCell cell = compared_cell(database, trials, sweep.factors);
    cell.seeds.clear();
    for (const auto& [seed, trial] : trials.trial_of_seed) {
      const auto place = std::lower_bound(sweep.seeds.begin(), sweep.seeds.end(), seed) - sweep.seeds.begin();
      cell.seeds.push_back(static_cast<std::size_t>(place));
      sweep.trials.push_back(trial);
      sweep.runs.push_back(sweep.cells.size() * sweep.seeds.size() + cell.seeds.back());
    }
    sweep.cells.push_back(std::move(cell));
  }
  return sweep;
}

}  // namespace imp::results
