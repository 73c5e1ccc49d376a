// SPDX-License-Identifier: Apache-2.0
#include "results/effects/factor_look.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "results/effects/compared_sweep.h"
#include "results/effects/effect_rows.h"
#include "results/report/display.h"
#include "results/statistics/contrast.h"

namespace imp::results {
namespace {

/// Effects of two levels of the factor, on all questions.
std::vector<Effect> whole_effects(Database& database, std::int64_t sweep_id, const std::string& factor) {
  std::vector<Effect> effects = load_effects(database, sweep_id);
  std::erase_if(effects, [&](const Effect& effect) {
    return effect.factor != factor || effect.is_interaction || !effect.family.empty();
  });
  const auto is_mean = [](const Effect& effect) { return effect.benchmark == "average"; };
  if (std::any_of(effects.begin(), effects.end(), is_mean)) std::erase_if(effects, std::not_fn(is_mean));
  return effects;
}

void add_cells(const ComparedSweep& sweep, const Comparison& comparison, FactorLook& look) {
  for (std::size_t c = 0; c < sweep.cells.size(); ++c) {
    if (comparison.weights[c] == 0.0) continue;
    std::map<std::string, std::string> levels;
    for (std::size_t f = 0; f < sweep.factors.size(); ++f)
      levels[sweep.factors[f].name] = sweep.cells[c].levels[f];
    look.cells.insert(std::move(levels));
  }
}

}  // namespace

FactorLook look_at_factor(Database& database, std::int64_t sweep_id, const std::string& factor) {
  FactorLook look;
  const ComparedSweep sweep = load_compared_sweep(database, sweep_id);
  const std::vector<Comparison> comparisons = level_comparisons(sweep.factors, sweep.cells);
  for (const Effect& effect : whole_effects(database, sweep_id, factor)) {
    ++look.comparisons;
    if (effect.holds_seeds() && excludes_zero(effect.ci_low, effect.ci_high)) continue;
    look.open.push_back(fmt::format("{} → {} {}", effect.from_level, effect.to_level,
                                    difference_text(effect.difference, effect.ci_low, effect.ci_high)));
    for (const Comparison& comparison : comparisons) {
      if (comparison.factor == factor && comparison.from_level == effect.from_level &&
          comparison.to_level == effect.to_level)
        add_cells(sweep, comparison, look);
    }
  }
  return look;
}

}  // namespace imp::results
