// SPDX-License-Identifier: Apache-2.0
#include "results/report/benchmark_result.h"

#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "results/effects/answer_scores.h"
#include "results/statistics/contrast.h"

namespace imp::results {
namespace {

/// Cells whose errors are estimated together: each has these many done trials with these many answers in all.
struct CellGroup {
  std::vector<std::size_t> cells;
  std::vector<std::int64_t> trials;  ///< [cells][seeds]
};

std::vector<const ReportTrial*> scored_trials(const ReportCell& cell, const std::string& benchmark) {
  std::vector<const ReportTrial*> trials;
  for (const ReportTrial* trial : cell.done()) {
    if (trial->scores.contains(benchmark)) trials.push_back(trial);
  }
  return trials;
}

std::vector<CellGroup> group_cells(Database& database, const ReportData& data, const std::string& benchmark) {
  std::map<std::pair<std::size_t, std::int64_t>, CellGroup> groups;  // by trials and answers
  Statement count(database, "SELECT count(*) FROM answer WHERE trial_id = ? AND benchmark = ? AND blind = 0");
  for (std::size_t c = 0; c < data.cells.size(); ++c) {
    const auto trials = scored_trials(data.cells[c], benchmark);
    std::int64_t answers = 0;
    for (const ReportTrial* trial : trials) {
      count.bind_all(trial->trial_id, benchmark).step();
      answers += count.integer(0);
    }
    count.reset();
    if (trials.empty() || answers == 0) continue;
    CellGroup& group = groups[{trials.size(), answers}];
    group.cells.push_back(c);
    for (const ReportTrial* trial : trials) group.trials.push_back(trial->trial_id);
  }
  std::vector<CellGroup> all;
  for (auto& [key, group] : groups) all.push_back(std::move(group));
  return all;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Seeds answer the same questions, so their own variances are averaged and not divided by the number of
/// seeds.
std::optional<double> error_from_trials(const std::vector<const ReportTrial*>& trials,
                                        const std::string& benchmark) {
  double variance = 0.0;
  std::vector<double> scores;
  for (const ReportTrial* trial : trials) {
    const BenchmarkScore& score = trial->scores.at(benchmark);
    if (!score.standard_error) return std::nullopt;
    variance += *score.standard_error * *score.standard_error / static_cast<double>(trials.size());
    scores.push_back(score.value);
  }
  if (scores.size() > 1) {
    const double mean = mean_of(scores);
    const auto n = static_cast<double>(scores.size());
    for (const double score : scores) variance += (score - mean) * (score - mean) / (n - 1.0) / n;
  }
  return std::sqrt(variance);
}

/// Means as the trials state them; errors are filled in where the answers tell them.
BenchmarkResult stated_result(const ReportCell& cell, const std::string& benchmark) {
  const auto trials = scored_trials(cell, benchmark);
  if (trials.empty()) return {};
  std::vector<double> scores, blinds;
  for (const ReportTrial* trial : trials) {
    scores.push_back(trial->scores.at(benchmark).value);
    if (const auto blind = trial->scores.at(benchmark).blind) blinds.push_back(*blind);
  }
  BenchmarkResult result;
  result.score = Measured{mean_of(scores), error_from_trials(trials, benchmark), {}};
  if (blinds.size() != scores.size()) return result;
  result.blind = Measured{mean_of(blinds), {}, {}};
  result.margin = Measured{result.score->value - result.blind->value, {}, {}};
  return result;
}

std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Fills in the errors of one kind of score for the cells of a group. Returns, one a cell, whether its
/// answers' mean is the stated value: then these questions are what the score was made of.
std::vector<bool> add_errors(Database& database, const CellGroup& group, const std::string& benchmark,
                             ScoreKind kind, std::vector<BenchmarkResult>& results,
                             std::optional<Measured> BenchmarkResult::*measured) {
  constexpr double kTolerance = 1e-6;
  const std::size_t cells = group.cells.size();
  std::vector<bool> from_answers(cells, false);
  const AnswerScores answers = load_answer_scores(database, benchmark, group.trials, kind);
  auto sums = picture_sums(answers, cells, group.trials.size() / cells);
  if (!sums) return from_answers;
  const ContrastEstimator estimator({std::move(*sums)});
  for (std::size_t i = 0; i < cells; ++i) {
    std::optional<Measured>& stated = results[group.cells[i]].*measured;
    std::vector<double> weights(cells, 0.0);
    weights[i] = 1.0;
    const ContrastEstimate estimate = estimator.estimate(weights);
    if (!stated || std::abs(estimate.difference - stated->value) > kTolerance) continue;
    stated->standard_error = if_finite(estimate.standard_error());
    stated->half_width = if_finite(estimate.half_width());
    from_answers[i] = true;
  }
  return from_answers;
}

}  // namespace

std::vector<BenchmarkResult> benchmark_results(Database& database, const ReportData& data,
                                               const std::string& benchmark) {
  std::vector<BenchmarkResult> results;
  for (const ReportCell& cell : data.cells) results.push_back(stated_result(cell, benchmark));
  for (const CellGroup& group : group_cells(database, data, benchmark)) {
    const auto told =
        add_errors(database, group, benchmark, ScoreKind::score, results, &BenchmarkResult::score);
    for (std::size_t i = 0; i < told.size(); ++i) results[group.cells[i]].from_answers = told[i];
    add_errors(database, group, benchmark, ScoreKind::blind, results, &BenchmarkResult::blind);
    add_errors(database, group, benchmark, ScoreKind::margin, results, &BenchmarkResult::margin);
  }
  return results;
}

}  // namespace imp::results
