// SPDX-License-Identifier: Apache-2.0
#include "results/report/power_table.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "results/effects/compared_sweep.h"
#include "results/effects/question_sets.h"
#include "results/report/display.h"
#include "results/report/sweep_choice.h"
#include "results/statistics/power.h"

namespace imp::results {
namespace {

/// A sweep's noise on one benchmark.
struct BenchmarkNoise {
  std::string benchmark;
  std::size_t questions = 0, pictures = 0;
  NoiseModel model;
};

std::int64_t id_of(Database& database, const std::string& sweep) {
  Statement statement(database, "SELECT sweep_id FROM sweep WHERE name = ?");
  return statement.bind_all(sweep).step() ? statement.integer(0) : 0;
}

std::vector<BenchmarkNoise> noise_of(Database& database, const ComparedSweep& sweep) {
  std::vector<BenchmarkNoise> noises;
  if (!sweep.is_comparable() || sweep.seeds.size() < 2) return noises;
  for (const QuestionSet& set : load_question_sets(database, sweep)) {
    if (!set.family.empty() || set.is_mean) continue;
    noises.push_back({set.benchmark, set.questions, set.pictures, noise_model(set.estimator, set.pictures)});
  }
  return noises;
}

void say_what_is_missing(Table& table) {
  table.notes.emplace_back(
      "nothing to tell the spread of seeds from: it takes two cells with two seeds in common whose answers "
      "are read in");
}

std::string points(double fraction) {
  return fmt::format("{:.2f}", 100.0 * fraction);
}

constexpr std::array<std::size_t, 5> kSeeds{2, 3, 5, 10, 20};

}  // namespace

Table noise_table(Database& database, const std::string& sweep) {
  const std::string name = choose_sweep(database, sweep);
  const ComparedSweep compared = load_compared_sweep(database, id_of(database, name));
  Table table;
  table.title = name + ": spread of seeds, and what a pair of cells resolves";
  table.columns = {{"benchmark", false, {"benchmark"}},
                   {"questions", true, {"questions", "pictures"}},
                   {"s.d. of seeds", true, {"seed_deviation"}},
                   {"of questions", true, {"question_deviation"}}};
  for (const std::size_t seeds : kSeeds)
    table.columns.push_back(
        {fmt::format("{} seeds", seeds), true, {fmt::format("smallest_effect_{}_seeds", seeds)}});
  for (const BenchmarkNoise& noise : noise_of(database, compared)) {
    const double of_seeds = std::sqrt(noise.model.cell_seed_variance);
    const double of_questions =
        std::sqrt(noise.model.question_variance / static_cast<double>(noise.pictures));
    std::vector<Cell> row{
        {noise.benchmark, {noise.benchmark}},
        {fmt::format("{}", noise.questions),
         {static_cast<std::int64_t>(noise.questions), static_cast<std::int64_t>(noise.pictures)}},
        {points(of_seeds), {of_seeds}},
        {points(of_questions), {of_questions}}};
    for (const std::size_t seeds : kSeeds) {
      const Foresight foresight(noise.model, {compared.cells.size(), 1, seeds, noise.pictures});
      row.push_back({points(foresight.smallest_effect()), {foresight.smallest_effect()}});
    }
    table.rows.push_back(std::move(row));
  }
  if (table.rows.empty()) {
    say_what_is_missing(table);
    return table;
  }
  table.footnotes.push_back(
      fmt::format("Points. s.d. of seeds: how a training run's score varies from seed to seed beyond what "
                  "its questions explain, "
                  "pooled over {} cells with {} seeds; of questions: what the questions alone make of it. N "
                  "seeds: the smallest true "
                  "difference of two cells that a test at 5 % sees 8 times in 10, with these questions.",
                  compared.cells.size(), compared.seeds.size()));
  return table;
}

Table power_table(Database& database, const std::string& sweep, double effect) {
  const std::string name = choose_sweep(database, sweep);
  const ComparedSweep compared = load_compared_sweep(database, id_of(database, name));
  Table table;
  table.title = fmt::format("{}: seeds that see a difference of {} points", name, points(std::abs(effect)));
  table.columns = {{"factor", false, {"factor"}},
                   {"matched pairs", true, {"matched_groups"}},
                   {"benchmark", false, {"benchmark"}},
                   {"95 % now", true, {"half_width"}},
                   {"resolves now", true, {"smallest_effect"}},
                   {"seeds needed", true, {"seeds_needed"}}};
  std::map<std::string, std::size_t> groups;  // the fewest of a factor's pairs of levels
  for (const Comparison& comparison : level_comparisons(compared.factors, compared.cells)) {
    const auto [place, fresh] = groups.emplace(comparison.factor, comparison.groups);
    if (!fresh) place->second = std::min(place->second, comparison.groups);
  }
  const std::vector<BenchmarkNoise> noises = noise_of(database, compared);
  for (const ComparedFactor& factor : compared.factors) {
    const auto matched = groups.find(factor.name);
    if (matched == groups.end()) continue;
    for (const BenchmarkNoise& noise : noises) {
      const Design design{compared.cells.size(), matched->second, compared.seeds.size(), noise.pictures};
      const Foresight now(noise.model, design);
      const std::optional<std::size_t> needed = seeds_needed(noise.model, design, effect);
      table.rows.push_back(
          {{factor.name, {factor.name}},
           {fmt::format("{}", matched->second), {static_cast<std::int64_t>(matched->second)}},
           {noise.benchmark, {noise.benchmark}},
           {"±" + points(now.half_width()), {now.half_width()}},
           {points(now.smallest_effect()), {now.smallest_effect()}},
           {needed ? fmt::format("{}", *needed) : "more questions",
            {needed ? Value(static_cast<std::int64_t>(*needed)) : Value()}}});
    }
  }
  if (table.rows.empty()) {
    say_what_is_missing(table);
    return table;
  }
  table.footnotes.push_back(
      fmt::format("Foreseen from the spread of {} cells with {} seeds. Resolves: seen 8 times in 10 by a "
                  "test at 5 %. More "
                  "questions: the pictures are too few, whatever the number of seeds.",
                  compared.cells.size(), compared.seeds.size()));
  return table;
}

}  // namespace imp::results
