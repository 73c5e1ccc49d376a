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

/// The seeds, most common first, of which taking as many as said compares the most trials in at least two
/// cells.
std::vector<std::int64_t> choose_seeds(const std::map<std::int64_t, CellTrials>& cells) {
  std::map<std::int64_t, std::size_t> cells_with;
  for (const auto& [number, cell] : cells) {
    for (const auto& [seed, trial] : cell.trial_of_seed) ++cells_with[seed];
  }
  std::vector<std::pair<std::size_t, std::int64_t>> order;  // most cells first, then the smallest seed
  for (const auto& [seed, count] : cells_with) order.emplace_back(cells.size() - count, seed);
  std::sort(order.begin(), order.end());
  std::vector<std::int64_t> taken, best;
  std::size_t most = 0;
  for (const auto& [lacking, seed] : order) {
    taken.push_back(seed);
    const auto complete =
        static_cast<std::size_t>(std::count_if(cells.begin(), cells.end(), [&](const auto& cell) {
          return std::all_of(taken.begin(), taken.end(),
                             [&](std::int64_t s) { return cell.second.trial_of_seed.contains(s); });
        }));
    if (complete < 2 || complete * taken.size() < most) continue;
    most = complete * taken.size();
    best = taken;
  }
  std::sort(best.begin(), best.end());
  return best;
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
                           const std::vector<ComparedFactor>& factors,
                           const std::vector<std::int64_t>& seeds) {
  ComparedCell cell;
  const json levels = parse_object(database, trials.levels_json, "levels_json of a trial");
  for (const ComparedFactor& factor : factors)
    cell.levels.push_back(levels.contains(factor.name) ? as_text(levels[factor.name]) : "");
  const json config = parse_object(database, trials.config_json, "config_json of a trial");
  for (const auto& [name, value] : config.items()) {
    if (name != "seed") cell.settings[name] = as_text(value);
  }
  std::map<std::string, std::set<std::string>> circumstances;
  for (const std::int64_t seed : seeds)
    add_circumstances(database, trials.trial_of_seed.at(seed), circumstances);
  for (const auto& [name, values] : circumstances)
    cell.settings[name] = fmt::format("{}", fmt::join(values, ", "));
  return cell;
}

}  // namespace

ComparedSweep load_compared_sweep(Database& database, std::int64_t sweep_id) {
  ComparedSweep sweep{.factors = load_factors(database, sweep_id), .cells = {}, .seeds = {}, .trials = {}};
  const std::map<std::int64_t, CellTrials> cells = load_done_trials(database, sweep_id);
  sweep.seeds = choose_seeds(cells);
  std::set<std::int64_t> all_seeds;
  for (const auto& [number, cell] : cells) {
    for (const auto& [seed, trial] : cell.trial_of_seed) all_seeds.insert(seed);
    const bool complete =
        !sweep.seeds.empty() && std::all_of(sweep.seeds.begin(), sweep.seeds.end(),
                                            [&](std::int64_t s) { return cell.trial_of_seed.contains(s); });
    if (!complete) {
      ++sweep.cells_left_out;
      continue;
    }
    sweep.cells.push_back(compared_cell(database, cell, sweep.factors, sweep.seeds));
    for (const std::int64_t seed : sweep.seeds) sweep.trials.push_back(cell.trial_of_seed.at(seed));
  }
  sweep.seeds_left_out = all_seeds.size() - sweep.seeds.size();
  return sweep;
}

}  // namespace imp::results
