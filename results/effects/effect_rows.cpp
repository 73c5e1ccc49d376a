// SPDX-License-Identifier: Apache-2.0
#include "results/effects/effect_rows.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "results/effects/compared_sweep.h"
#include "results/effects/comparison.h"
#include "results/effects/finite.h"
#include "results/effects/planned_looks.h"
#include "results/effects/question_sets.h"
#include "results/effects/sweep_statistics.h"
#include "results/statistics/contrast.h"
#include "results/statistics/holm.h"
#include "results/statistics/looks.h"

namespace imp::results {
namespace {

struct EffectRow {
  const Comparison* comparison = nullptr;
  const QuestionSet* questions = nullptr;
  ContrastEstimate estimate;
  double p = 0.0, p_holm = 0.0;
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
    for (const EffectRow* row : family) p.push_back(row->p);
    const std::vector<double> adjusted = holm_adjusted(p);
    for (std::size_t i = 0; i < family.size(); ++i) family[i]->p_holm = adjusted[i];
  }
}

std::string method_of(SeedSpread seed_spread, int looks) {
  const std::string_view spread = spread_name(seed_spread);
  return looks > 1 ? fmt::format("{}, adjusted for {} looks", spread, looks) : std::string(spread);
}

constexpr const char* kColumns =
    "factor, from_level, to_level, benchmark, family, is_interaction, difference, ci_low, ci_high, p, "
    "p_holm, "
    "standardized, standard_error, picture_variance, seed_variance, degrees_of_freedom, method, questions, "
    "pictures, questions_left_out, seeds, matched_groups, cells, also_differs";

}  // namespace

bool Effect::holds_seeds() const {
  return !method.starts_with(spread_name(SeedSpread::none));
}

bool Effect::spreads_more() const {
  return method.starts_with(spread_name(SeedSpread::own));
}

LooksAtSweep::LooksAtSweep(Database& database, std::int64_t sweep_id)
    : planned_(load_planned_looks(database, sweep_id)),
      planned_confidence_(look_confidence(planned_ ? static_cast<int>(planned_->looks) : 1)) {}

int LooksAtSweep::at(const std::string& factor) const {
  return looks_at(planned_, factor);
}

double LooksAtSweep::confidence(const std::string& factor) const {
  return at(factor) > 1 ? planned_confidence_ : look_confidence(1);
}

Effect effect_of(const ComparedSweep& sweep, const Comparison& comparison, const QuestionSet& questions,
                 const ContrastEstimate& estimate, const LooksAtSweep& looks) {
  const double half = estimate.half_width(looks.confidence(comparison.factor));
  const auto deviation = questions.deviation;
  return {.factor = comparison.factor,
          .from_level = comparison.from_level,
          .to_level = comparison.to_level,
          .benchmark = questions.benchmark,
          .family = questions.family,
          .method = method_of(estimate.spread, looks.at(comparison.factor)),
          .also_differs = fmt::format("{}", fmt::join(comparison.also_differ, ", ")),
          .is_interaction = comparison.is_interaction,
          .difference = estimate.difference,
          .ci_low = if_finite(estimate.difference - half),
          .ci_high = if_finite(estimate.difference + half),
          .p = if_finite(p_over_looks(estimate.p(), looks.at(comparison.factor))),
          .p_holm = {},
          .standardized =
              deviation && *deviation > 0.0 ? std::optional(estimate.difference / *deviation) : std::nullopt,
          .standard_error = if_finite(estimate.standard_error()),
          .picture_variance = if_finite(estimate.picture_variance),
          .seed_variance = estimate.seed_variance,
          .degrees_of_freedom = if_finite(estimate.degrees_of_freedom),
          .questions = static_cast<std::int64_t>(questions.questions),
          .pictures = static_cast<std::int64_t>(questions.pictures),
          .left_out = static_cast<std::int64_t>(questions.left_out),
          .seeds = static_cast<std::int64_t>(comparison.seeds),
          .matched_groups = static_cast<std::int64_t>(comparison.groups),
          .cells = static_cast<std::int64_t>(sweep.cells.size())};
}

std::vector<Effect> compute_effects(Database& database, std::int64_t sweep_id) {
  const ComparedSweep sweep = load_compared_sweep(database, sweep_id);
  if (!sweep.is_comparable()) return {};
  std::vector<Comparison> comparisons = level_comparisons(sweep.factors, sweep.cells);
  for (Comparison& each : interactions(sweep.factors, sweep.cells)) comparisons.push_back(std::move(each));
  const std::vector<QuestionSet> sets = load_question_sets(database, sweep);
  const LooksAtSweep looks(database, sweep_id);
  std::vector<EffectRow> rows;
  for (const Comparison& comparison : comparisons) {
    for (const QuestionSet& set : sets) {
      const ContrastEstimate estimate = set.estimator.estimate(comparison.weights, comparison.group_of);
      rows.push_back(
          {&comparison, &set, estimate, p_over_looks(estimate.p(), looks.at(comparison.factor)), 0.0});
    }
  }
  adjust_by_holm(rows);
  std::vector<Effect> effects;
  for (const EffectRow& row : rows) {
    effects.push_back(effect_of(sweep, *row.comparison, *row.questions, row.estimate, looks));
    effects.back().p_holm = if_finite(row.p_holm);
  }
  return effects;
}

std::vector<Effect> load_effects(Database& database, std::int64_t sweep_id) {
  if (!has_current_statistics(database, sweep_id)) return compute_effects(database, sweep_id);
  std::vector<Effect> effects;
  Statement row(database,
                fmt::format("SELECT {} FROM effect WHERE sweep_id = ? ORDER BY position", kColumns));
  row.bind_all(sweep_id);
  while (row.step()) {
    effects.push_back({.factor = row.text(0),
                       .from_level = row.text(1),
                       .to_level = row.text(2),
                       .benchmark = row.text(3),
                       .family = row.text(4),
                       .method = row.text(16),
                       .also_differs = row.text(23),
                       .is_interaction = row.integer(5) == 1,
                       .difference = row.real(6),
                       .ci_low = row.maybe_real(7),
                       .ci_high = row.maybe_real(8),
                       .p = row.maybe_real(9),
                       .p_holm = row.maybe_real(10),
                       .standardized = row.maybe_real(11),
                       .standard_error = row.maybe_real(12),
                       .picture_variance = row.maybe_real(13),
                       .seed_variance = row.maybe_real(14),
                       .degrees_of_freedom = row.maybe_real(15),
                       .questions = row.integer(17),
                       .pictures = row.integer(18),
                       .left_out = row.integer(19),
                       .seeds = row.integer(20),
                       .matched_groups = row.integer(21),
                       .cells = row.integer(22)});
  }
  return effects;
}

void replace_effects(Database& database, std::int64_t sweep_id, const std::vector<Effect>& effects) {
  Statement(database, "DELETE FROM effect WHERE sweep_id = ?").run(sweep_id);
  Statement insert(database,
                   fmt::format("INSERT INTO effect (sweep_id, position, {}) VALUES (?, ?, ?, ?, ?, ?, ?, "
                               "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                               kColumns));
  std::int64_t position = 0;
  for (const Effect& row : effects) {
    insert.run(sweep_id, position++, row.factor, row.from_level, row.to_level, row.benchmark, row.family,
               row.is_interaction, row.difference, row.ci_low, row.ci_high, row.p, row.p_holm,
               row.standardized, row.standard_error, row.picture_variance, row.seed_variance,
               row.degrees_of_freedom, row.method, row.questions, row.pictures, row.left_out, row.seeds,
               row.matched_groups, row.cells, row.also_differs);
  }
}

}  // namespace imp::results
