// SPDX-License-Identifier: Apache-2.0
#include "results/report/effect_list.h"

#include <fmt/format.h>

#include "results/report/display.h"
#include "results/report/sweep_choice.h"

namespace imp::results {

void keep_effects(std::vector<Effect>& effects, EffectRows rows) {
  std::erase_if(effects, [&](const Effect& effect) {
    return effect.is_interaction != (rows == EffectRows::interactions) ||
           effect.family.empty() == (rows == EffectRows::families);
  });
}

std::vector<Effect> load_effects(Database& database, const std::string& sweep, EffectRows rows) {
  std::vector<Effect> effects = load_effects(database, sweep_id_of(database, sweep));
  keep_effects(effects, rows);
  return effects;
}

std::string p_text(std::optional<double> p) {
  if (!p) return kNothing;
  return *p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", *p);
}

}  // namespace imp::results
