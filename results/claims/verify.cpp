// SPDX-License-Identifier: Apache-2.0
#include "results/claims/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "results/claims/claimed_effect.h"
#include "results/claims/registration.h"
#include "results/effects/planned_looks.h"
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
std::string objection(Database& database, const Claim& claim, const Effect& effect, std::optional<double> p) {
  const OpenTrials trials = open_trials(database, claim.sweep);
  if (trials.open > 0)
    return fmt::format("the sweep is not finished: {} of {} trials are still to run", trials.open,
                       trials.all);
  if (!effect.holds_seeds()) return "one seed: the interval is of these checkpoints, not of the recipe";
  if (!p) return "the error of the difference is not known";
  return "";
}

/// Fills in the estimate, or why there is none; returns what follows the interval in the sentence.
std::string look_up(Database& database, ClaimedEffects& effects, JudgedClaim& judged) {
  const ClaimedEffect found = effects.find(judged.claim);
  judged.why = found.missing;
  if (!found.effect) return "";
  judged.difference = found.effect->difference;
  judged.ci_low = found.effect->ci_low;
  judged.ci_high = found.effect->ci_high;
  const std::string among = found.among.empty() ? "" : ", " + found.among;
  const std::optional<double> p = p_of(database, judged.claim, *found.effect);
  const std::string against = objection(database, judged.claim, *found.effect, p);
  if (against.empty()) {
    judged.p = p;
  } else {
    judged.why = fmt::format("{}; so far {}{}", against, interval_text(judged), among);
  }
  const std::string& also = found.effect->also_differs;
  return among + (also.empty() ? "" : "; the cells also differ in " + also);
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
  ClaimedEffects effects(database);
  for (const Claim& claim : claims) {
    judged.emplace_back();
    judged.back().claim = claim;
    remarks.push_back(look_up(database, effects, judged.back()));
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
