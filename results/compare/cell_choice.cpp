// SPDX-License-Identifier: Apache-2.0
#include "results/compare/cell_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "results/json_fields.h"
#include "results/names.h"
#include "results/report/sweep_choice.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

/// What stands before a name's first colon; empty without one.
std::string before_colon(const std::string& name) {
  const std::size_t colon = name.find(':');
  return colon == std::string::npos ? "" : name.substr(0, colon);
}

/// The sweep that stands before a colon, if there is such a sweep, and the rest.
std::pair<std::string, std::string> split_sweep(Database& database, const std::string& name,
                                                const std::string& sweep) {
  const std::string before = before_colon(name);
  Statement known(database, "SELECT 1 FROM sweep WHERE name = ?");
  if (before.empty() || !known.bind_all(before).step()) return {choose_sweep(database, sweep), name};
  const std::size_t start = name.find_first_not_of(' ', before.size() + 1);
  return {before, start == std::string::npos ? "" : name.substr(start)};
}

}  // namespace

std::map<std::string, std::string> settings_of(const std::string& config_json, const std::string& where) {
  const nlohmann::json config = parse_stored_json(config_json, where);
  std::map<std::string, std::string> settings;
  for (const auto& [key, value] : config.items())
    settings[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return settings;
}

ChosenCell choose_cell(Database& database, const std::string& name, const std::string& sweep) {
  ChosenCell chosen;
  const auto [sweep_name, wanted] = split_sweep(database, name, sweep);
  chosen.sweep = sweep_name;
  chosen.name = sweep_name + ": " + wanted;
  std::vector<std::string> known;
  const auto add_known = [&](const std::string& each) {
    if (std::find(known.begin(), known.end(), each) == known.end()) known.push_back(each);
  };
  bool is_there = false;
  Statement trials(
      database,
      "SELECT sweep_id, trial.name, cell, seed, status, trial_id, config_json FROM trial JOIN sweep USING "
      "(sweep_id) WHERE sweep.name = ? ORDER BY trial_id");
  trials.bind_all(sweep_name);
  while (trials.step()) {
    const bool is_trial = trials.text(1) == wanted;
    add_known(trials.text(2));
    if (wanted.find("seed=") != std::string::npos) add_known(trials.text(1));
    if (!is_trial && trials.text(2) != wanted) continue;
    is_there = true;
    chosen.is_trial = is_trial;
    if (trials.text(4) != "done") continue;
    chosen.sweep_id = trials.integer(0);
    chosen.trial_of_seed[trials.integer(3)] = trials.integer(5);
    chosen.settings = settings_of(trials.text(6), fmt::format("trial '{}': config_json", trials.text(1)));
  }
  if (!is_there) {
    const bool names_sweep = wanted == name && sweep.empty() && !before_colon(name).empty();
    if (names_sweep) static_cast<void>(choose_sweep(database, before_colon(name)));  // says what is near
    throw StoreError(fmt::format("{}: the sweep '{}' has no cell or trial '{}'{}", database.path().string(),
                                 sweep_name, wanted, suggestion(wanted, known)));
  }
  if (chosen.trial_of_seed.empty())
    throw StoreError(
        fmt::format("{}: '{}' has no trial that is done", database.path().string(), chosen.name));
  if (!chosen.is_trial) chosen.settings.erase("seed");
  return chosen;
}

}  // namespace imp::results
