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
  std::map<std::string, std::pair<const ReportCell*, const ReportCell*>> matched;
  for (const ReportCell& cell : data.cells) {
    if (cell.levels[factor] == from) matched[other_levels(data, cell, factor)].first = &cell;
    if (cell.levels[factor] == to) matched[other_levels(data, cell, factor)].second = &cell;
  }
  std::map<std::int64_t, Mean> by_seed;
  for (const auto& [others, pair] : matched) {
    if (pair.first == nullptr || pair.second == nullptr) continue;
    const auto before = score_by_seed(*pair.first, benchmark);
    for (const auto& [seed, score] : score_by_seed(*pair.second, benchmark)) {
      const auto other = before.find(seed);
      if (other == before.end()) continue;
      by_seed[seed].sum += score - other->second;
      ++by_seed[seed].count;
    }
  }
  for (const auto& [seed, mean] : by_seed)
    differences.push_back({data.factors[factor], from, to, benchmark, seed, mean.sum / mean.count});
}

const CellScore* find_score(const std::vector<CellScore>& scores, std::size_t cell,
                            const std::string& benchmark) {
  for (const CellScore& score : scores) {
    if (score.cell_number == static_cast<std::int64_t>(cell) && score.benchmark == benchmark &&
        score.family.empty())
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
  for (std::size_t c = 0; c < data.cells.size(); ++c) {
    const std::optional<double> level = number_in(data.cells[c].levels[factor]);
    if (!level) return {};
    const CellScore* score = find_score(scores, c, benchmark);
    if (score == nullptr) continue;
    found.push_back({*level, other_levels(data, data.cells[c], factor), score->score.value,
                     score->score.ci_low, score->score.ci_high});
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

std::vector<std::string> trained_stages(Database& database, const std::string& sweep) {
  std::vector<std::string> stages;
  Statement statement(
      database, "SELECT stage FROM v_curve WHERE sweep = ? GROUP BY stage ORDER BY stage <> 'connector'");
  statement.bind_all(sweep);
  while (statement.step()) stages.push_back(statement.text(0));
  return stages;
}

std::vector<LossStep> loss_steps(Database& database, const ReportData& data, const std::string& stage,
                                 std::size_t points, std::size_t trials) {
  std::vector<LossStep> steps;
  Statement last(database, "SELECT max(step) FROM v_curve WHERE sweep = ? AND trial = ? AND stage = ?");
  Statement statement(
      database,
      "SELECT step / ?4, max(step), avg(loss) FROM v_curve WHERE sweep = ?1 AND trial = ?2 AND "
      "stage = ?3 AND loss IS NOT NULL GROUP BY 1 ORDER BY 1");
  std::size_t shown = 0;
  for (const ReportCell& cell : data.cells) {
    for (const ReportTrial& trial : cell.trials) {
      if (shown == trials) return steps;
      if (!last.bind_all(data.name, trial.name, stage).step() || last.is_null(0)) continue;
      const std::int64_t width = last.integer(0) / static_cast<std::int64_t>(points) + 1;
      last.reset();
      statement.bind_all(data.name, trial.name, stage, width);
      while (statement.step())
        steps.push_back({trial.name, cell.label, trial.seed, statement.integer(1), statement.real(2)});
      ++shown;
    }
  }
  return steps;
}

std::vector<CostScore> cost_scores(Database& database, const ReportData& data,
                                   const std::vector<CellScore>& scores, const std::string& benchmark) {
  struct MeanCost {
    std::optional<double> seconds, trained_parameters;
  };
  std::map<std::string, MeanCost> costs;  // by cell
  Statement cost(database,
                 "SELECT cell, avg(own_seconds + share_seconds), avg(trained_parameters) FROM v_cost "
                 "WHERE sweep = ? AND status = 'done' GROUP BY cell");
  cost.bind_all(data.name);
  while (cost.step()) costs[cost.text(0)] = {cost.maybe_real(1), cost.maybe_real(2)};
  std::vector<CostScore> cells;
  for (std::size_t c = 0; c < data.cells.size(); ++c) {
    const CellScore* score = find_score(scores, c, benchmark);
    const MeanCost& mean = costs[data.cells[c].label];
    if (score == nullptr || !mean.seconds) continue;
    cells.push_back({data.cells[c].label, *mean.seconds, mean.trained_parameters, score->score.value,
                     score->score.ci_low, score->score.ci_high});
  }
  mark_front(cells);
  return cells;
}

}  // namespace imp::results
