// SPDX-License-Identifier: Apache-2.0
#include "results/claims/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "results/claims/registration.h"
#include "results/effects/planned_looks.h"
#include "results/json_fields.h"
#include "results/names.h"
#include "results/numbers.h"
#include "results/report/display.h"
#include "results/report/effect_list.h"
#include "results/report/sweep_choice.h"
#include "results/statistics/distributions.h"
#include "results/statistics/holm.h"
#include "results/statistics/looks.h"
#include "results/unfinished.h"

namespace imp::results {
namespace {

constexpr double kAlpha = 0.05;

/// Whether two levels are the same: as text, or as numbers (2e-4 and 0.0002).
bool same_level(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const std::optional<double> x = number_in(a);
  const std::optional<double> y = number_in(b);
  return x && y && *x == *y;
}

/// The names that a query's first column holds, each once.
std::vector<std::string> names_in(Database& database, const char* sql, const std::string& sweep) {
  std::vector<std::string> names;
  Statement statement(database, sql);
  statement.bind_all(sweep);
  while (statement.step()) {
    if (std::find(names.begin(), names.end(), statement.text(0)) == names.end())
      names.push_back(statement.text(0));
  }
  return names;
}

std::string value_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Why the sweep's compared cells are not those that the claim is about; empty if they are.
std::string unmet_condition(Database& database, const Claim& claim) {
  Statement statement(
      database,
      "SELECT trial.name, config_json, json_extract(levels_json, '$.' || json_quote(?2)) FROM trial "
      "JOIN sweep USING (sweep_id) WHERE sweep.name = ?1 AND status = 'done' ORDER BY trial_id");
  statement.bind_all(claim.sweep, claim.factor);
  while (!claim.where.empty() && statement.step()) {
    const bool is_compared =
        same_level(statement.text(2), claim.from) || same_level(statement.text(2), claim.to);
    if (!is_compared) continue;
    const nlohmann::json config =
        parse_stored_json(statement.text(1), fmt::format("trial '{}': config_json", statement.text(0)));
    for (const auto& [key, wanted] : claim.where) {
      const std::string found = config.contains(key) ? value_text(config[key]) : "nothing";
      if (!same_level(found, wanted))
        return fmt::format("the claim is about {} = {}, and {} has {}", key, wanted, statement.text(0),
                           found);
    }
  }
  return "";
}

/// Why there is no effect to test the claim on; empty if there should be one.
std::string missing_effect(Database& database, const Claim& claim) {
  Statement sweep(database, "SELECT 1 FROM sweep WHERE name = ?");
  if (!sweep.bind_all(claim.sweep).step())
    return fmt::format("no sweep '{}' in the database yet", claim.sweep);
  const auto factors =
      names_in(database, "SELECT factor.name FROM factor JOIN sweep USING (sweep_id) WHERE sweep.name = ?",
               claim.sweep);
  if (std::find(factors.begin(), factors.end(), claim.factor) == factors.end())
    return fmt::format("the sweep does not vary '{}'{}", claim.factor, suggestion(claim.factor, factors));
  Statement levels(
      database,
      "SELECT level FROM factor JOIN sweep USING (sweep_id) WHERE sweep.name = ? AND factor.name = ?");
  std::vector<std::string> known;
  levels.bind_all(claim.sweep, claim.factor);
  while (levels.step()) known.push_back(levels.text(0));
  for (const std::string& level : {claim.from, claim.to}) {
    if (std::none_of(known.begin(), known.end(), [&](const auto& each) { return same_level(each, level); }))
      return fmt::format("{} has no level '{}' in the sweep{}", claim.factor, level,
                         suggestion(level, known));
  }
  return "";
}

/// The effect from the claim's `from` to its `to`, whichever way the table has it.
std::optional<Effect> find_effect(Database& database, const Claim& claim,
                                  std::vector<std::string>& benchmarks) {
  std::vector<Effect> found;
  for (Effect& effect : load_effects(database, claim.sweep, EffectRows::levels)) {
    if (effect.factor != claim.factor) continue;
    const bool forth = same_level(effect.from_level, claim.from) && same_level(effect.to_level, claim.to);
    const bool back = same_level(effect.from_level, claim.to) && same_level(effect.to_level, claim.from);
    if (!forth && !back) continue;
    if (back) {
      effect.difference = -effect.difference;
      std::swap(effect.ci_low, effect.ci_high);
      if (effect.ci_low) effect.ci_low = -*effect.ci_low;
      if (effect.ci_high) effect.ci_high = -*effect.ci_high;
    }
    benchmarks.push_back(effect.benchmark);
    found.push_back(std::move(effect));
  }
  const bool is_only =
      claim.benchmark == "average" && found.size() == 1;  // the mean of one benchmark is itself
  const auto effect = std::find_if(found.begin(), found.end(), [&](const Effect& each) {
    return is_only || each.benchmark == claim.benchmark;
  });
  return effect == found.end() ? std::nullopt : std::optional(*effect);
}

/// P(T >= t).
double upper_tail(double t, double degrees) {
  const double both = student_t_two_sided_p(t, degrees);
  return t > 0.0 ? both / 2.0 : 1.0 - both / 2.0;
}

/// p of the claim's two decisions: twice the smaller of their one-sided p values, so that p < 0.05 is what
/// the 95 % interval says. Nothing where the effect's error is not known.
std::optional<double> p_of(Database& database, const Claim& claim, const Effect& effect) {
  if (claim.direction != Direction::same) return effect.p;
  if (!effect.standard_error || !effect.degrees_of_freedom || *effect.standard_error <= 0.0)
    return std::nullopt;
  const double error = *effect.standard_error;
  const double degrees = *effect.degrees_of_freedom;
  const double size = std::abs(effect.difference);
  const double within = upper_tail((*claim.margin - size) / error, degrees);
  const double beyond = upper_tail((size - *claim.margin) / error, degrees);
  const auto planned = load_planned_looks(database, sweep_id_of(database, claim.sweep));
  return p_over_looks(std::min(1.0, 2.0 * std::min(within, beyond)), looks_at(planned, effect.factor));
}

/// What the estimate and its interval say, before p is adjusted.
Verdict side_of(const Claim& claim, double difference) {
  const bool is_supported = claim.direction == Direction::higher  ? difference > 0.0
                            : claim.direction == Direction::lower ? difference < 0.0
                                                                  : std::abs(difference) < *claim.margin;
  return is_supported ? Verdict::supported : Verdict::contradicted;
}

/// "+1.4 [+0.3, +2.4] points"
std::string interval_text(const JudgedClaim& judged) {
  return difference_text(*judged.difference, judged.ci_low, judged.ci_high) + " points";
}

/// What cannot be resolved whatever the interval says; empty if nothing stands against it.
std::string objection(Database& database, const Claim& claim, const Effect& effect) {
  const auto [open, all] = open_trials(database, claim.sweep);
  if (open > 0) return fmt::format("the sweep is not finished: {} of {} trials are still to run", open, all);
  if (!effect.holds_seeds()) return "one seed: the interval is of these checkpoints, not of the recipe";
  if (!p_of(database, claim, effect)) return "the error of the difference is not known";
  return "";
}

/// Fills in the estimate, or why there is none; returns what follows the interval in the sentence.
std::string look_up(Database& database, JudgedClaim& judged) {
  const Claim& claim = judged.claim;
  judged.why = missing_effect(database, claim);
  if (judged.why.empty()) judged.why = unmet_condition(database, claim);
  if (!judged.why.empty()) return "";
  std::vector<std::string> benchmarks;
  const std::optional<Effect> effect = find_effect(database, claim, benchmarks);
  if (!effect) {
    judged.why =
        benchmarks.empty()
            ? fmt::format("no effect of {} from {} to {} yet: it takes matched cells with a seed in common",
                          claim.factor, claim.from, claim.to)
            : fmt::format("no effect on the benchmark '{}'{}", claim.benchmark,
                          suggestion(claim.benchmark, benchmarks));
    return "";
  }
  judged.difference = effect->difference;
  judged.ci_low = effect->ci_low;
  judged.ci_high = effect->ci_high;
  const std::string against = objection(database, claim, *effect);
  if (against.empty()) {
    judged.p = p_of(database, claim, *effect);
  } else {
    judged.why = fmt::format("{}; so far {}", against, interval_text(judged));
  }
  return effect->also_differs.empty() ? "" : "; the cells also differ in " + effect->also_differs;
}

std::string prediction_text(const Claim& claim) {
  if (claim.direction == Direction::same)
    return fmt::format("no difference beyond {} points", percent(claim.margin));
  return std::string(direction_name(claim.direction));
}

void decide(JudgedClaim& judged, std::size_t tested, const std::string& remark) {
  const bool is_sure = *judged.p_holm < kAlpha;
  judged.verdict = is_sure ? side_of(judged.claim, *judged.difference) : Verdict::not_resolved;
  std::string why =
      fmt::format("predicted {}; seen {}, p (Holm, {} claim{}) {}", prediction_text(judged.claim),
                  interval_text(judged), tested, tested == 1 ? "" : "s", p_text(judged.p_holm));
  if (!is_sure && *judged.p < kAlpha) why += "; alone it would be resolved, among so many claims it is not";
  judged.why = why + remark;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  return verdict == Verdict::supported      ? "supported"
         : verdict == Verdict::contradicted ? "contradicted"
                                            : "not resolved";
}

std::string_view registered_name(Registered registered) {
  return registered == Registered::before ? "before" : registered == Registered::after ? "after" : "never";
}

std::vector<JudgedClaim> judge_claims(Database& database, const std::vector<Claim>& claims) {
  std::vector<JudgedClaim> judged;
  std::vector<std::string> remarks;
  std::vector<double> p;
  for (const Claim& claim : claims) {
    judged.emplace_back();
    judged.back().claim = claim;
    remarks.push_back(look_up(database, judged.back()));
    judged.back().registered = registration_of(database, claim);
    p.push_back(judged.back().p.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  const std::vector<double> adjusted = holm_adjusted(p);
  const auto tested =
      static_cast<std::size_t>(std::count_if(p.begin(), p.end(), [](double x) { return x == x; }));
  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (!judged[i].p) continue;
    judged[i].p_holm = adjusted[i];
    decide(judged[i], tested, remarks[i]);
  }
  return judged;
}

}  // namespace imp::results
