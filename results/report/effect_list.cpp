// SPDX-License-Identifier: Apache-2.0
#include "results/report/effect_list.h"

#include <fmt/format.h>

#include "results/report/display.h"

namespace imp::results {

std::vector<Effect> load_effects(Database& database, const std::string& sweep, EffectRows rows) {
  std::vector<Effect> effects;
  Statement statement(database,
                      "SELECT factor, from_level, to_level, benchmark, family, method, also_differs, "
                      "difference, ci_low, ci_high, p, "
                      "p_holm, standardized, standard_error, picture_variance, seed_variance, "
                      "degrees_of_freedom, questions, pictures, "
                      "questions_left_out, seeds, matched_groups, cells FROM v_effects WHERE sweep = ? AND "
                      "is_interaction = ? AND "
                      "(family <> '') = ?");
  statement.bind_all(sweep, rows == EffectRows::interactions, rows == EffectRows::families);
  while (statement.step()) {
    effects.push_back({.factor = statement.text(0),
                       .from_level = statement.text(1),
                       .to_level = statement.text(2),
                       .benchmark = statement.text(3),
                       .family = statement.text(4),
                       .method = statement.text(5),
                       .also_differs = statement.text(6),
                       .difference = statement.real(7),
                       .ci_low = statement.maybe_real(8),
                       .ci_high = statement.maybe_real(9),
                       .p = statement.maybe_real(10),
                       .p_holm = statement.maybe_real(11),
                       .standardized = statement.maybe_real(12),
                       .standard_error = statement.maybe_real(13),
                       .picture_variance = statement.maybe_real(14),
                       .seed_variance = statement.maybe_real(15),
                       .degrees_of_freedom = statement.maybe_real(16),
                       .questions = statement.integer(17),
                       .pictures = statement.integer(18),
                       .left_out = statement.integer(19),
                       .seeds = statement.integer(20),
                       .matched_groups = statement.integer(21),
                       .cells = statement.integer(22)});
  }
  return effects;
}

std::string p_text(std::optional<double> p) {
  if (!p) return kNothing;
  return *p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", *p);
}

}  // namespace imp::results
