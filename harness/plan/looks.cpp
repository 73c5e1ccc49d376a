// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/looks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "models/io/error.h"
#include "results/effects/comparison.h"
#include "results/names.h"

namespace imp::harness {
namespace {

std::map<std::string, std::string> levels_of(const Trial& trial) {
  return {trial.levels.begin(), trial.levels.end()};
}

/// The sweep file's own seeds.
std::vector<std::int64_t> own_seeds(const Sweep& sweep) {
  return sweep.spec.seeds.empty() ? std::vector{sweep.trials.front().seed} : sweep.spec.seeds;
}

void require_factor(const Sweep& sweep, const std::string& factor) {
  std::vector<std::string> names;
  for (const FactorLevels& each : sweep.factors) names.push_back(each.name);
  if (std::find(names.begin(), names.end(), factor) == names.end()) {
    throw Error(fmt::format("--until-resolved: {} does not vary '{}'{}", sweep.spec.file.string(), factor,
                            results::suggestion(factor, names)));
  }
}

void require_comparison(const Sweep& sweep, const std::string& factor) {
  std::vector<results::ComparedFactor> factors;
  for (const FactorLevels& each : sweep.factors) factors.push_back({each.name, each.levels});
  std::set<std::vector<std::string>> cells;
  for (const Trial& trial : sweep.trials) {
    std::vector<std::string> levels;
    for (const auto& [name, level] : trial.levels) levels.push_back(level);
    cells.insert(std::move(levels));
  }
  std::vector<results::ComparedCell> compared;
  for (const std::vector<std::string>& levels : cells) compared.push_back({levels, {}});
  const auto comparisons = results::level_comparisons(factors, compared);
  const bool has_one = std::any_of(comparisons.begin(), comparisons.end(),
                                   [&](const auto& comparison) { return comparison.factor == factor; });
  if (!has_one) {
    throw Error(fmt::format("--until-resolved: {} has no two cells that differ in {} alone",
                            sweep.spec.file.string(), factor));
  }
}

}  // namespace

results::LooksRecord plan_looks(const Sweep& sweep, const std::string& factor,
                                const std::optional<results::LooksRecord>& earlier, const std::string& now) {
  require_factor(sweep, factor);
  require_comparison(sweep, factor);
  const auto seeds = static_cast<std::int64_t>(own_seeds(sweep).size());
  if (!earlier) return {.planned = {factor, kPlannedLooks, seeds, now}, .rounds = {}};
  const results::PlannedLooks& planned = earlier->planned;
  if (planned.factor != factor) {
    throw Error(
        fmt::format("--until-resolved: looks at {} were planned {}; those at a second factor need a sweep of "
                    "their own, under another name",
                    planned.factor, planned.recorded));
  }
  if (planned.seeds_a_look != seeds) {
    throw Error(
        fmt::format("--until-resolved: looks were planned {} with {} seeds each, and {} has {} now; give it "
                    "back its seeds",
                    planned.recorded, planned.seeds_a_look, sweep.spec.file.string(), seeds));
  }
  return *earlier;
}

results::SeedRound next_round(const Sweep& sweep, const results::LooksRecord& record,
                              const std::set<std::map<std::string, std::string>>& cells,
                              const std::string& now) {
  const std::int64_t look = current_look(record) + 1;
  std::vector<std::int64_t> order = own_seeds(sweep);
  std::int64_t highest = *std::max_element(order.begin(), order.end());
  while (static_cast<std::int64_t>(order.size()) < look * record.planned.seeds_a_look)
    order.push_back(++highest);
  std::map<std::map<std::string, std::string>, std::set<std::int64_t>> present;
  for (const Trial& trial : sweep.trials) present[levels_of(trial)].insert(trial.seed);
  results::SeedRound round{.look = look, .recorded = now, .cells = {}};
  for (const auto& levels : cells) {
    results::CellSeeds cell{.levels = levels, .seeds = {}};
    for (const std::int64_t seed : order) {
      if (!present[levels].contains(seed)) cell.seeds.push_back(seed);
    }
    if (!cell.seeds.empty()) round.cells.push_back(std::move(cell));
  }
  return round;
}

}  // namespace imp::harness
