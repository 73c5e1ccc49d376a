// SPDX-License-Identifier: Apache-2.0
#include "results/effects/effect_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "results/effects/answer_scores.h"
#include "results/effects/compared_sweep.h"
#include "results/effects/comparison.h"
#include "results/statistics/contrast.h"
#include "results/statistics/holm.h"

namespace imp::results {
namespace {

/// The questions that a row is about.
struct QuestionSet {
  std::string benchmark, family;
  ContrastEstimator estimator;
  std::size_t questions = 0, pictures = 0, left_out = 0;
  std::optional<double> deviation;  ///< of a score from question to question; none for a mean of benchmarks
};

struct EffectRow {
  const Comparison* comparison = nullptr;
  const QuestionSet* questions = nullptr;
  ContrastEstimate estimate;
  double p_holm = 0.0;
};

/// Rows that are judged together: Holm's family.
enum class Judged { levels, families, interactions };

Judged judged_with(const EffectRow& row) {
  if (row.comparison->is_interaction) return Judged::interactions;
  return row.questions->family.empty() ? Judged::levels : Judged::families;
}

std::vector<std::string> benchmarks_of(Database& database, std::span<const std::int64_t> trials) {
  std::vector<std::string> names;
  Statement statement(
      database, "SELECT DISTINCT benchmark FROM score WHERE trial_id = ? AND main = 1 ORDER BY benchmark");
  statement.bind_all(trials.front());
  while (statement.step()) names.push_back(statement.text(0));
  return names;
}

std::vector<QuestionSet> load_question_sets(Database& database, const ComparedSweep& sweep) {
  std::vector<QuestionSet> sets;
  std::vector<PictureSums> whole;
  const auto add = [&](const std::string& benchmark, const AnswerScores& answers,
                       std::optional<std::size_t> family) {
    const auto sums = picture_sums(answers, sweep.cells.size(), sweep.seeds.size(), family);
    if (!sums) return;
    if (!family) whole.push_back(*sums);
    sets.push_back({benchmark, family ? answers.families[*family] : "", ContrastEstimator({*sums}),
                    static_cast<std::size_t>(sums->total_questions()), sums->pictures(), answers.left_out,
                    answers.question_deviation(family)});
  };
  for (const std::string& benchmark : benchmarks_of(database, sweep.trials)) {
    const AnswerScores answers = load_answer_scores(database, benchmark, sweep.trials, ScoreKind::score);
    add(benchmark, answers, {});
    for (std::size_t f = 0; answers.families.size() > 1 && f < answers.families.size(); ++f) {
      if (!answers.families[f].empty()) add(benchmark, answers, f);
    }
  }
  if (whole.size() > 1) {
    std::size_t questions = 0, pictures = 0;
    for (const PictureSums& sums : whole) {
      questions += static_cast<std::size_t>(sums.total_questions());
      pictures += sums.pictures();
    }
    sets.push_back({"average", "", ContrastEstimator(std::move(whole)), questions, pictures, 0, {}});
  }
  return sets;
}

void adjust_by_holm(std::vector<EffectRow>& rows) {
  std::map<Judged, std::vector<EffectRow*>> families;
  for (EffectRow& row : rows) families[judged_with(row)].push_back(&row);
  for (auto& [judged, family] : families) {
    std::vector<double> p;
    for (const EffectRow* row : family) p.push_back(row->estimate.p());
    const std::vector<double> adjusted = holm_adjusted(p);
    for (std::size_t i = 0; i < family.size(); ++i) family[i]->p_holm = adjusted[i];
  }
}

std::optional<double> if_number(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

void write_row(Statement& insert, std::int64_t sweep_id, const ComparedSweep& sweep, const EffectRow& row,
               std::int64_t position) {
  const ContrastEstimate& estimate = row.estimate;
  const Comparison& comparison = *row.comparison;
  const double half = estimate.half_width();
  const auto deviation = row.questions->deviation;
  insert.run(
      sweep_id, comparison.factor, comparison.from_level, comparison.to_level, row.questions->benchmark,
      row.questions->family, position, comparison.is_interaction, estimate.difference,
      if_number(estimate.difference - half), if_number(estimate.difference + half), if_number(estimate.p()),
      if_number(row.p_holm),
      deviation && *deviation > 0.0 ? std::optional(estimate.difference / *deviation) : std::nullopt,
      if_number(estimate.standard_error()), if_number(estimate.picture_variance), estimate.seed_variance,
      if_number(estimate.degrees_of_freedom), std::string(spread_name(estimate.spread)),
      static_cast<std::int64_t>(row.questions->questions), static_cast<std::int64_t>(row.questions->pictures),
      static_cast<std::int64_t>(row.questions->left_out), static_cast<std::int64_t>(sweep.seeds.size()),
      static_cast<std::int64_t>(comparison.groups), static_cast<std::int64_t>(sweep.cells.size()),
      fmt::format("{}", fmt::join(comparison.also_differ, ", ")));
}

}  // namespace

void refresh_effects(Database& database, std::int64_t sweep_id) {
  Statement(database, "DELETE FROM effect WHERE sweep_id = ?").run(sweep_id);
  const ComparedSweep sweep = load_compared_sweep(database, sweep_id);
  if (!sweep.is_comparable()) return;
  std::vector<Comparison> comparisons = level_comparisons(sweep.factors, sweep.cells);
  for (Comparison& each : interactions(sweep.factors, sweep.cells)) comparisons.push_back(std::move(each));
  const std::vector<QuestionSet> sets = load_question_sets(database, sweep);
  std::vector<EffectRow> rows;
  for (const Comparison& comparison : comparisons) {
    for (const QuestionSet& set : sets)
      rows.push_back({&comparison, &set, set.estimator.estimate(comparison.weights), 0.0});
  }
  adjust_by_holm(rows);
  Statement insert(
      database,
      "INSERT INTO effect VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, ?, ?)");
  std::int64_t position = 0;
  for (const EffectRow& row : rows) write_row(insert, sweep_id, sweep, row, position++);
}

}  // namespace imp::results
