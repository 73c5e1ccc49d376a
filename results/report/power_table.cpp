// SPDX-License-Identifier: Apache-2.0
#include "results/report/power_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "results/effects/benchmark_noise.h"
#include "results/effects/compared_sweep.h"
#include "results/report/display.h"
#include "results/report/sweep_choice.h"
#include "results/report/unfinished_mark.h"
#include "results/statistics/power.h"

namespace imp::results {
namespace {

/// "2", or "2 to 6".
std::string range_text(std::size_t fewest, std::size_t most) {
  return fewest == most ? fmt::format("{}", most) : fmt::format("{} to {}", fewest, most);
}

/// The end that both tables have: what a reader must know of the numbers, or why there are none.
void close_table(Table& table, const ComparedSweep& sweep, fmt::format_string<std::size_t, std::string> how) {
  if (table.rows.empty()) {
    table.notes.emplace_back(
        "nothing to tell the spread of seeds from: it takes two cells with two seeds in common whose answers "
        "are read in");
    return;
  }
  table.footnotes.push_back(
      fmt::format(how, sweep.cells.size(), range_text(sweep.fewest_seeds(), sweep.most_seeds())));
}

std::string points(double fraction) {
  return fmt::format("{:.2f}", 100.0 * fraction);
}

Value count(std::size_t number) {
  return static_cast<std::int64_t>(number);
}

constexpr std::array<std::size_t, 5> kSeeds{2, 3, 5, 10, 20};

}  // namespace

Table noise_table(Database& database, const std::string& sweep) {
  const std::string name = choose_sweep(database, sweep);
  const ComparedSweep compared = load_compared_sweep(database, sweep_id_of(database, name));
  Table table;
  table.title = name + ": spread of seeds, and what a pair of cells resolves";
  table.columns = {{"benchmark", false, {"benchmark"}},
                   {"questions", true, {"questions", "pictures"}},
                   {"s.d. of seeds", true, {"seed_deviation", "cell_seed_variance", "cells", "seeds"}},
                   {"of questions", true, {"question_deviation", "question_variance", "picture_variance"}}};
  for (const std::size_t seeds : kSeeds)
    table.columns.push_back(
        {fmt::format("{} seeds", seeds), true, {fmt::format("smallest_effect_{}_seeds", seeds)}});
  for (const BenchmarkNoise& noise : benchmark_noises(database, compared, name)) {
    const double of_seeds = std::sqrt(noise.model.cell_seed_variance);
    const double of_questions =
        std::sqrt(noise.model.question_variance / static_cast<double>(noise.pictures));
    std::vector<Cell> row{
        {noise.benchmark, {noise.benchmark}},
        {fmt::format("{}", noise.questions), {count(noise.questions), count(noise.pictures)}},
        {points(of_seeds),
         {of_seeds, noise.model.cell_seed_variance, count(noise.cells), count(noise.seeds)}},
        {points(of_questions), {of_questions, noise.model.question_variance, noise.model.picture_variance}}};
    for (const std::size_t seeds : kSeeds) {
      const Foresight foresight(noise.model, {compared.cells.size(), 1, seeds, noise.pictures});
      row.push_back({points(foresight.smallest_effect()), {foresight.smallest_effect()}});
    }
    table.rows.push_back(std::move(row));
  }
  close_table(table, compared,
              "Points. s.d. of seeds: how a training run's score varies from seed to seed beyond what its "
              "questions explain, pooled over {} cells with {} seeds; of questions: what the questions alone "
              "make of it. N seeds: the smallest true difference of two cells that a test at 5 % sees 8 "
              "times in 10, with these questions.");
  mark_if_unfinished(table, database, name);
  return table;
}

Table power_table(Database& database, const std::string& sweep, double effect) {
  const std::string name = choose_sweep(database, sweep);
  const ComparedSweep compared = load_compared_sweep(database, sweep_id_of(database, name));
  Table table;
  table.title = fmt::format("{}: seeds that see a difference of {} points", name, points(std::abs(effect)));
  table.columns = {{"factor", false, {"factor"}},
                   {"matched pairs", true, {"matched_groups"}},
                   {"benchmark", false, {"benchmark"}},
                   {"95 % now",
                    true,
                    {"half_width", "standard_error", "degrees_of_freedom", "cells", "seeds", "pictures"}},
                   {"resolves now", true, {"smallest_effect"}},
                   {"seeds needed", true, {"seeds_needed"}}};
  struct Fewest {
    std::size_t groups, seeds;
  };
  std::map<std::string, Fewest> fewest;  // of a factor's pairs of levels
  for (const Comparison& comparison : level_comparisons(compared.factors, compared.cells)) {
    Fewest& of_factor =
        fewest.emplace(comparison.factor, Fewest{comparison.groups, comparison.seeds}).first->second;
    of_factor.groups = std::min(of_factor.groups, comparison.groups);
    of_factor.seeds = std::min(of_factor.seeds, comparison.seeds);
  }
  const std::vector<BenchmarkNoise> noises = benchmark_noises(database, compared, name);
  for (const ComparedFactor& factor : compared.factors) {
    const auto of_factor = fewest.find(factor.name);
    if (of_factor == fewest.end()) continue;
    const std::size_t groups = of_factor->second.groups;
    for (const BenchmarkNoise& noise : noises) {
      const Design design{compared.cells.size(), groups, of_factor->second.seeds, noise.pictures};
      const Foresight now(noise.model, design);
      const std::optional<std::size_t> needed = seeds_needed(noise.model, design, effect);
      table.rows.push_back(
          {{factor.name, {factor.name}},
           {fmt::format("{}", groups), {count(groups)}},
           {noise.benchmark, {noise.benchmark}},
           {"±" + points(now.half_width()),
            {now.half_width(), now.standard_error(), now.degrees_of_freedom(), count(design.cells),
             count(design.seeds), count(design.pictures)}},
           {points(now.smallest_effect()), {now.smallest_effect()}},
           {needed ? fmt::format("{}", *needed) : "more questions", {needed ? count(*needed) : Value()}}});
    }
  }
  close_table(table, compared,
              "Foreseen from the spread of {} cells with {} seeds. Resolves: seen 8 times in 10 by a test at "
              "5 %. More questions: the pictures are too few, whatever the number of seeds.");
  mark_if_unfinished(table, database, name);
  return table;
}

}  // namespace imp::results
