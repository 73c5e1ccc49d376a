// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/compared_sweep.h"
#include "results/effects/planned_looks.h"
#include "results/effects/question_sets.h"

namespace imp::results {

/// A row of table effect (schema.sql says what its columns hold).
struct Effect {
  std::string factor, from_level, to_level, benchmark, family, method, also_differs;
  bool is_interaction = false;
  double difference = 0.0;
  std::optional<double> ci_low, ci_high, p, p_holm, standardized, standard_error, picture_variance,
      seed_variance, degrees_of_freedom;
  std::int64_t questions = 0, pictures = 0, left_out = 0, seeds = 0, matched_groups = 0, cells = 0;

  /// Whether the interval holds what other seeds would change; with one seed it is of these checkpoints
  /// alone.
  [[nodiscard]] bool holds_seeds() const;
  /// Whether the compared cells' seeds spread more than the others' beyond chance.
  [[nodiscard]] bool spreads_more() const;
};

/// How often a sweep's effects are looked at, which their intervals and p account for.
class LooksAtSweep {
 public:
  LooksAtSweep(Database& database, std::int64_t sweep_id);
  [[nodiscard]] int at(const std::string& factor) const;
  /// Of each look's interval, so that all of them hold the true value with 95 %.
  [[nodiscard]] double confidence(const std::string& factor) const;

 private:
  std::optional<PlannedLooks> planned_;
  double planned_confidence_;  ///< of each planned look
};

/// An estimate of a comparison on some questions as such a row, without p_holm.
[[nodiscard]] Effect effect_of(const ComparedSweep& sweep, const Comparison& comparison,
                               const QuestionSet& questions, const ContrastEstimate& estimate,
                               const LooksAtSweep& looks);

/// The effects of a sweep's done trials, from their answers: every comparison of two levels of a factor and
/// every interaction (effects/comparison.h), on each benchmark, each of its question families (family ''
/// holds all questions) and, of several benchmarks, on their mean (benchmark 'average'), by the estimator of
/// statistics/contrast.h. p_holm is over all comparisons of the sweep of the same sort: levels on whole
/// benchmarks; levels on families; interactions. Where several looks at a factor are planned
/// (planned_looks.h), the interval and p of its effects are those of repeated looks (statistics/looks.h), and
/// `method` says so. Fewer than two comparable cells give none.
[[nodiscard]] std::vector<Effect> compute_effects(Database& database, std::int64_t sweep_id);

/// The same as they were kept when the sweep was read in, or, while a sweep goes on, computed.
[[nodiscard]] std::vector<Effect> load_effects(Database& database, std::int64_t sweep_id);

/// Puts `effects` in place of the sweep's rows of table effect. Call it in a transaction.
void replace_effects(Database& database, std::int64_t sweep_id, const std::vector<Effect>& effects);

}  // namespace imp::results
