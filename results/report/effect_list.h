// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"

namespace imp::results {

/// Which rows of v_effects are meant.
enum class EffectRows {
  levels,       ///< two levels of a factor, on all questions of a benchmark
  families,     ///< the same, by question family
  interactions  ///< how one factor's effect changes with another's level, on all questions
};

/// A row of v_effects.
struct Effect {
  std::string factor, from_level, to_level, benchmark, family, method, also_differs;
  double difference = 0.0;
  std::optional<double> ci_low, ci_high, p, p_holm, standardized, standard_error, picture_variance,
      seed_variance, degrees_of_freedom;
  std::int64_t questions = 0, pictures = 0, left_out = 0, seeds = 0, matched_groups = 0, cells = 0;
};

/// Rows of v_effects of a sweep that exists, in the sweep file's order.
[[nodiscard]] std::vector<Effect> load_effects(Database& database, const std::string& sweep, EffectRows rows);

/// A p value as people read it: "0.004", "< 0.001"; an en dash if there is none.
[[nodiscard]] std::string p_text(std::optional<double> p);

}  // namespace imp::results
