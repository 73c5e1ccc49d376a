// SPDX-License-Identifier: Apache-2.0
#include "results/effects/effect_rows.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "results/effects/compared_sweep.h"
#include "results/effects/comparison.h"
#include "results/effects/finite.h"
#include "results/effects/question_sets.h"
#include "results/statistics/contrast.h"
#include "results/statistics/holm.h"

namespace imp::results {
namespace {

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

void write_row(Statement& insert, std::int64_t sweep_id, const ComparedSweep& sweep, const EffectRow& row,
               std::int64_t position) {
  const ContrastEstimate& estimate = row.estimate;
  const Comparison& comparison = *row.comparison;
  const double half = estimate.half_width();
  const auto deviation = row.questions->deviation;
  insert.run(
      sweep_id, comparison.factor, comparison.from_level, comparison.to_level, row.questions->benchmark,
      row.questions->family, position, comparison.is_interaction, estimate.difference,
      if_finite(estimate.difference - half), if_finite(estimate.difference + half), if_finite(estimate.p()),
      if_finite(row.p_holm),
      deviation && *deviation > 0.0 ? std::optional(estimate.difference / *deviation) : std::nullopt,
      if_finite(estimate.standard_error()), if_finite(estimate.picture_variance), estimate.seed_variance,
      if_finite(estimate.degrees_of_freedom), std::string(spread_name(estimate.spread)),
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
