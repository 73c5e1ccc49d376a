// SPDX-License-Identifier: Apache-2.0
#include "results/report/benchmark_result.h"

#include <cmath>
#include <map>
#include <numeric>
#include <unordered_map>
#include <vector>

#include "results/statistics.h"

namespace imp::results {
namespace {

struct QuestionScore {
  std::string question_id, image_id;
  double score = 0.0;
  std::optional<double> blind;
};
using QuestionScores = std::vector<QuestionScore>;  // of one trial

QuestionScores load_question_scores(Database& database, std::int64_t trial_id, const std::string& benchmark) {
  QuestionScores rows;
  Statement statement(
      database,
      "SELECT a.question_id, a.image_id, a.score, b.score FROM answer AS a LEFT JOIN answer AS b ON "
      "b.trial_id = a.trial_id AND b.benchmark = a.benchmark AND b.blind = 1 AND "
      "b.question_id = a.question_id WHERE a.trial_id = ? AND a.benchmark = ? AND a.blind = 0");
  statement.bind_all(trial_id, benchmark);
  while (statement.step()) {
    rows.push_back({statement.text(0), statement.text(1), statement.real(2), statement.maybe_real(3)});
  }
  return rows;
}

/// value(row) of the questions for which every seed has one, as a table; a question's image is the first
/// seed's.
template <class ValueOf>
ScoreTable common_questions(const std::vector<QuestionScores>& seeds, ValueOf value) {
  std::unordered_map<std::string, std::vector<double>> by_question;
  for (const QuestionScores& rows : seeds) {
    for (const QuestionScore& row : rows) {
      if (const std::optional<double> number = value(row)) by_question[row.question_id].push_back(*number);
    }
  }
  ScoreTable table{std::vector<std::vector<double>>(seeds.size()), {}};
  std::unordered_map<std::string, std::size_t> cluster_of_image;
  for (const QuestionScore& row : seeds.front()) {
    const std::vector<double>& values = by_question[row.question_id];
    if (values.size() != seeds.size()) continue;
    for (std::size_t seed = 0; seed < values.size(); ++seed) table.by_seed[seed].push_back(values[seed]);
    table.cluster.push_back(cluster_of_image.emplace(row.image_id, cluster_of_image.size()).first->second);
  }
  return table;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Seeds answer the same questions, so their own variances are averaged and not divided by the number of
/// seeds.
std::optional<double> error_from_trials(const std::vector<double>& scores,
                                        const std::vector<double>& errors) {
  if (errors.size() != scores.size()) return std::nullopt;
  double variance = 0.0;
  for (const double error : errors) variance += error * error / static_cast<double>(errors.size());
  if (scores.size() > 1) {
    const double mean = mean_of(scores);
    const auto n = static_cast<double>(scores.size());
    for (const double score : scores) variance += (score - mean) * (score - mean) / (n - 1.0) / n;
  }
  return std::sqrt(variance);
}

std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// The estimate, if its mean is `expected`: then these questions are what the score was made of.
std::optional<Estimate> estimate_of(const ScoreTable& table, double expected) {
  constexpr double kTolerance = 1e-6;
  if (table.cluster.empty()) return std::nullopt;
  const Estimate estimate = two_way_estimate(table);
  return std::abs(estimate.mean - expected) <= kTolerance ? std::optional(estimate) : std::nullopt;
}

}  // namespace

BenchmarkResult benchmark_result(Database& database, const ReportCell& cell, const std::string& benchmark) {
  std::vector<double> scores, errors, blinds;
  std::vector<QuestionScores> questions;
  for (const ReportTrial* trial : cell.done()) {
    const auto found = trial->scores.find(benchmark);
    if (found == trial->scores.end()) continue;
    scores.push_back(found->second.value);
    if (found->second.standard_error) errors.push_back(*found->second.standard_error);
    if (found->second.blind) blinds.push_back(*found->second.blind);
    questions.push_back(load_question_scores(database, trial->trial_id, benchmark));
  }
  if (scores.empty()) return {};
  BenchmarkResult result;
  result.score = mean_of(scores);
  const auto score_of = [](const QuestionScore& row) { return std::optional(row.score); };
  const auto estimate = estimate_of(common_questions(questions, score_of), *result.score);
  result.from_answers = estimate.has_value();
  result.standard_error =
      estimate ? if_finite(estimate->standard_error()) : error_from_trials(scores, errors);
  if (blinds.size() != scores.size()) return result;
  result.blind = mean_of(blinds);
  result.margin = *result.score - *result.blind;
  const auto margin_of = [](const QuestionScore& row) {
    return row.blind ? std::optional(row.score - *row.blind) : std::nullopt;
  };
  const auto margin = estimate_of(common_questions(questions, margin_of), *result.margin);
  if (margin) result.margin_half_width = if_finite(margin->half_width_95());
  return result;
}

}  // namespace imp::results
