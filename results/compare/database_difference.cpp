// SPDX-License-Identifier: Apache-2.0
#include "results/compare/database_difference.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "results/compare/cell_difference.h"
#include "results/json_fields.h"
#include "results/report/display.h"

namespace imp::results {
namespace {

struct Trial {
  std::int64_t id = 0;
  std::string name, sweep, status,
      config;  // `config` in one form, so that equal configurations are equal texts
};

std::vector<Trial> load_trials(Database& database) {
  std::vector<Trial> trials;
  Statement row(
      database,
      "SELECT trial_id, sweep.name, trial.name, status, config_json FROM trial JOIN sweep USING (sweep_id) "
      "ORDER BY trial_id");
  while (row.step()) {
    const std::string name = row.text(1) + ": " + row.text(2);
    trials.push_back({row.integer(0), name, row.text(1), row.text(3),
                      parse_stored_json(row.text(4), fmt::format("trial '{}': config_json", name)).dump()});
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

/// (benchmark, metric) -> value
std::map<std::pair<std::string, std::string>, double> scores_of(Database& database, std::int64_t trial) {
  std::map<std::pair<std::string, std::string>, double> scores;
  Statement row(database, "SELECT benchmark, metric, value FROM score WHERE trial_id = ?");
  row.bind_all(trial);
  while (row.step()) scores[{row.text(0), row.text(1)}] = row.real(2);
  return scores;
}

/// One row for each score that is another number; a score that one side lacks counts too.
void add_score_rows(std::vector<DifferenceRow>& rows, const std::string& name,
                    const std::map<std::pair<std::string, std::string>, double>& a,
                    const std::map<std::pair<std::string, std::string>, double>& b) {
  auto all = a;
  all.insert(b.begin(), b.end());
  for (const auto& [score, unused] : all) {
    const auto in_a = a.find(score);
    const auto in_b = b.find(score);
    DifferenceRow row;
    row.kind = "score";
    row.what = fmt::format("{}, {} {}", name, score.first, score.second);
    if (in_a != a.end()) row.value_a = in_a->second;
    if (in_b != b.end()) row.value_b = in_b->second;
    if (row.value_a == row.value_b) continue;
    if (row.value_a && row.value_b) row.difference = *row.value_b - *row.value_a;
    row.a = percent(row.value_a);
    row.b = percent(row.value_b);
    rows.push_back(std::move(row));
  }
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
  for (const auto& [i, j] : matching.pairs) {
    const std::size_t before = rows.size();
    ids_a.push_back(of_a[i].id);
    ids_b.push_back(of_b[j].id);
    if (of_a[i].status != of_b[j].status)
      add_presence_row(rows, of_a[i].name, of_a[i].status, of_b[j].status);
    else
      add_score_rows(rows, of_a[i].name, scores_of(a, of_a[i].id), scores_of(b, of_b[j].id));
    ++(rows.size() == before ? same : others);
  }
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
      "Trials are the same that have the same configuration and seed. Every score that is not the same "
      "number is shown, "
      "in points.");
  return result;
}

}  // namespace imp::results
