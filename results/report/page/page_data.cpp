// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/page_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "results/numbers.h"

namespace imp::results {
namespace {

/// The levels of all factors but one, as a key and for people.
std::string other_levels(const ReportData& data, const ReportCell& cell, std::size_t factor) {
  std::vector<std::string> parts;
  for (std::size_t f = 0; f < data.factors.size(); ++f) {
    if (f != factor) parts.push_back(data.factors[f] + "=" + cell.levels[f]);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Distinct levels of a factor in plan order.
std::vector<std::string> levels_of(const ReportData& data, std::size_t factor) {
  std::vector<std::string> levels;
  for (const ReportCell& cell : data.cells) {
    if (std::find(levels.begin(), levels.end(), cell.levels[factor]) == levels.end())
      levels.push_back(cell.levels[factor]);
  }
  return levels;
}

/// Cells of two levels of a factor that agree in every other one.
std::vector<std::pair<const ReportCell*, const ReportCell*>> matched_cells(const ReportData& data,
                                                                           std::size_t factor,
                                                                           const std::string& from,
                                                                           const std::string& to) {
  std::map<std::string, std::pair<const ReportCell*, const ReportCell*>> by_others;
  for (const ReportCell& cell : data.cells) {
    if (cell.levels[factor] == from) by_others[other_levels(data, cell, factor)].first = &cell;
    if (cell.levels[factor] == to) by_others[other_levels(data, cell, factor)].second = &cell;
  }
  std::vector<std::pair<const ReportCell*, const ReportCell*>> matched;
  for (const auto& [others, pair] : by_others) {
    if (pair.first != nullptr && pair.second != nullptr) matched.push_back(pair);
  }
  return matched;
}

std::map<std::int64_t, double> score_by_seed(const ReportCell& cell, const std::string& benchmark) {
  std::map<std::int64_t, double> scores;
  for (const ReportTrial* trial : cell.done()) {
    const auto score = trial->scores.find(benchmark);
    if (score != trial->scores.end()) scores[trial->seed] = score->second.value;
  }
  return scores;
}

struct Mean {
  double sum = 0.0;
  int count = 0;
};

/// Differences of the benchmarks' mean, for seeds that have all benchmarks: `differences` from `first` on are
/// those of one pair of levels.
void add_averages(const ReportData& data, std::size_t first, std::vector<SeedDifference>& differences) {
  std::map<std::int64_t, Mean> by_seed;
  for (std::size_t i = first; i < differences.size(); ++i) {
    by_seed[differences[i].seed].sum += differences[i].difference;
    ++by_seed[differences[i].seed].count;
  }
  for (const auto& [seed, mean] : by_seed) {
    if (mean.count != static_cast<int>(data.benchmarks.size())) continue;
    SeedDifference average = differences[first];
    average.benchmark = "average";
    average.seed = seed;
    average.difference = mean.sum / mean.count;
    differences.push_back(std::move(average));
  }
}

void add_differences(const ReportData& data, std::size_t factor, const std::string& from,
                     const std::string& to, const std::string& benchmark,
                     std::vector<SeedDifference>& differences) {
  std::map<std::int64_t, Mean> by_seed;
  for (const auto& [of_from, of_to] : matched_cells(data, factor, from, to)) {
    const auto before = score_by_seed(*of_from, benchmark);
    for (const auto& [seed, score] : score_by_seed(*of_to, benchmark)) {
      const auto other = before.find(seed);
      if (other == before.end()) continue;
      by_seed[seed].sum += score - other->second;
      ++by_seed[seed].count;
    }
  }
  for (const auto& [seed, mean] : by_seed)
    differences.push_back({data.factors[factor], from, to, benchmark, seed, mean.sum / mean.count});
}

const CellScore* find_score(const std::vector<CellScore>& scores, const ReportCell& cell,
                            const std::string& benchmark) {
  for (const CellScore& score : scores) {
    if (score.cell_number == cell.number && score.benchmark == benchmark && score.family.empty())
      return &score;
  }
  return nullptr;
}

void mark_front(std::vector<CostScore>& cells) {
  for (CostScore& cell : cells) {
    cell.on_front = std::none_of(cells.begin(), cells.end(), [&](const CostScore& other) {
      const bool is_no_worse = other.seconds <= cell.seconds && other.value >= cell.value;
      return is_no_worse && (other.seconds < cell.seconds || other.value > cell.value);
    });
  }
}

}  // namespace

std::optional<Measured> cell_score(const ReportData& data, const std::vector<CellScore>& scores,
                                   const ReportCell& cell, const std::string& benchmark) {
  if (const CellScore* score = find_score(scores, cell, benchmark)) return score->score;
  if (benchmark != "average" || data.benchmarks.empty()) return std::nullopt;
  Measured average;
  for (const std::string& each : data.benchmarks) {
    const CellScore* score = find_score(scores, cell, each);
    if (score == nullptr) return std::nullopt;
    average.value += score->score.value / static_cast<double>(data.benchmarks.size());
  }
  return average;
}

std::vector<SeedDifference> seed_differences(const ReportData& data) {
  std::vector<SeedDifference> differences;
  for (std::size_t f = 0; f < data.factors.size(); ++f) {
    const std::vector<std::string> levels = levels_of(data, f);
    for (std::size_t a = 0; a < levels.size(); ++a) {
      for (std::size_t b = a + 1; b < levels.size(); ++b) {
        const std::size_t first = differences.size();
        for (const std::string& benchmark : data.benchmarks)
          add_differences(data, f, levels[a], levels[b], benchmark, differences);
        if (data.benchmarks.size() > 1) add_averages(data, first, differences);
      }
    }
  }
  return differences;
}

std::vector<LevelScore> level_scores(const ReportData& data, const std::vector<CellScore>& scores,
                                     std::size_t factor, const std::string& benchmark) {
  std::vector<LevelScore> found;
  if (levels_of(data, factor).size() < 2) return found;
  for (const ReportCell& cell : data.cells) {
    const std::optional<double> level = number_in(cell.levels[factor]);
    if (!level) return {};
    const std::optional<Measured> score = cell_score(data, scores, cell, benchmark);
    if (!score) continue;
    found.push_back({*level, other_levels(data, cell, factor), score->value, score->ci_low, score->ci_high});
  }
  return found;
}

std::vector<LevelDifference> level_differences(const std::vector<Effect>& effects,
                                               const std::string& factor) {
  std::vector<LevelDifference> found;
  std::map<std::string, std::string> first_level;  // by benchmark
  for (const Effect& effect : effects) {
    if (effect.factor != factor || effect.is_interaction || !effect.family.empty()) continue;
    const std::optional<double> from = number_in(effect.from_level);
    const std::optional<double> to = number_in(effect.to_level);
    if (!from || !to) return {};
    const auto [first, fresh] = first_level.emplace(effect.benchmark, effect.from_level);
    if (fresh) found.push_back({*from, effect.benchmark, 0.0, 0.0, 0.0});
    if (first->second == effect.from_level)
      found.push_back({*to, effect.benchmark, effect.difference, effect.ci_low, effect.ci_high});
  }
  return found;
}

std::vector<FamilyScore> family_scores(const ReportData& data, const std::vector<CellScore>& scores,
                                       const std::string& benchmark) {
  std::vector<FamilyScore> found;
  for (const CellScore& score : scores) {
    if (score.benchmark != benchmark || score.family.empty()) continue;
    const auto cell = static_cast<std::size_t>(score.cell_number);
    if (cell >= data.cells.size()) continue;
    const ControlScore* blind = score.control("blind");
    found.push_back({data.cells[cell].label, score.family, score.score.value, score.score.ci_low,
                     score.score.ci_high, blind == nullptr ? std::nullopt : std::optional(blind->score.value),
                     score.questions});
  }
  return found;
}

std::optional<double> mean_seconds(const ReportCell& cell, std::optional<double> ReportTrial::*seconds) {
  Mean mean;
  for (const ReportTrial* trial : cell.done()) {
    if (!(trial->*seconds)) return std::nullopt;
    mean.sum += *(trial->*seconds);
    ++mean.count;
  }
  return mean.count > 0 ? std::optional(mean.sum / mean.count) : std::nullopt;
}

std::optional<LevelSeconds> level_seconds(const ReportData& data, const std::string& factor,
                                          const std::string& from, const std::string& to) {
  const auto place = std::find(data.factors.begin(), data.factors.end(), factor);
  if (place == data.factors.end()) return std::nullopt;
  LevelSeconds sum;
  double pairs = 0.0;
  for (const auto& [of_from, of_to] :
       matched_cells(data, static_cast<std::size_t>(place - data.factors.begin()), from, to)) {
    const auto before = mean_seconds(*of_from, &ReportTrial::train_seconds);
    const auto after = mean_seconds(*of_to, &ReportTrial::train_seconds);
    if (!before || !after) continue;
    sum.from += *before;
    sum.to += *after;
    pairs += 1.0;
  }
  if (pairs == 0.0) return std::nullopt;
  return LevelSeconds{sum.from / pairs, sum.to / pairs};
}

std::vector<CostScore> cost_scores(const ReportData& data, const std::vector<CellScore>& scores,
                                   const std::string& benchmark) {
  std::vector<CostScore> cells;
  for (const ReportCell& cell : data.cells) {
    const CellScore* score = find_score(scores, cell, benchmark);
    const std::optional<double> seconds = mean_seconds(cell, &ReportTrial::cost_seconds);
    if (score == nullptr || !seconds) continue;
    cells.push_back({cell.label, *seconds, cell.done().front()->trained_parameters, score->score.value,
                     score->score.ci_low, score->score.ci_high});
  }
  mark_front(cells);
  return cells;
}

}  // namespace imp::results
