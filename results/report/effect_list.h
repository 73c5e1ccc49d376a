// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/effect_rows.h"

namespace imp::results {

/// Which effects are meant.
enum class EffectRows {
  levels,       ///< two levels of a factor, on all questions of a benchmark
  families,     ///< the same, by question family
  interactions  ///< how one factor's effect changes with another's level, on all questions
};

/// Effects of a sweep that exists (effects/effect_rows.h), in the sweep file's order.
[[nodiscard]] std::vector<Effect> load_effects(Database& database, const std::string& sweep, EffectRows rows);

/// Removes the effects of other sorts.
void keep_effects(std::vector<Effect>& effects, EffectRows rows);

/// A p value as people read it: "0.004", "< 0.001"; an en dash if there is none.
[[nodiscard]] std::string p_text(std::optional<double> p);

}  // namespace imp::results
