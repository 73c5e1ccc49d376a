// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/report/claims_table.h"
#include "results/report/display.h"
#include "results/report/page/markup.h"
#include "results/report/page/sections.h"

namespace imp::results {
namespace {

/// The benchmark that findings are about: the mean of several, or the only one.
std::string main_benchmark(const ReportData& data) {
  return data.benchmarks.size() > 1 ? "average" : data.benchmarks.front();
}

/// What an effect may be called, the number of comparisons accounted for.
std::string verdict_on(const Effect& effect, bool is_final) {
  constexpr double kLevel = 0.05;
  if (!excludes_zero(effect.ci_low, effect.ci_high)) return "Not resolved: it may be nothing.";
  if (!effect.p_holm || *effect.p_holm >= kLevel)
    return "Excludes zero by itself, but not among this many comparisons (Holm).";
  return is_final ? "Resolved." : "Resolved so far.";
}

/// "Training: 52 s → 1 min 15 s (+44 %)"; empty where the times are not known.
std::string training_cost(const ReportData& data, const Effect& effect) {
  const auto seconds = level_seconds(data, effect.factor, effect.from_level, effect.to_level);
  if (!seconds) return "";
  const std::string from = duration(seconds->from);
  const std::string to = duration(seconds->to);
  if (from == to) return fmt::format("<span class=\"cost\">Training: {} either way</span>", from);
  const double change = seconds->from > 0.0 ? seconds->to / seconds->from - 1.0 : 0.0;
  return fmt::format("<span class=\"cost\">Training: {} → {} ({}{:.0f} %)</span>", from, to,
                     change < 0.0 ? "−" : "+", std::abs(100.0 * change));
}

std::string finding(const ReportData& data, const Effect& effect, bool is_final) {
  const std::string interval =
      effect.ci_low && effect.ci_high
          ? fmt::format("95 %: {} to {}", signed_percent(*effect.ci_low), signed_percent(*effect.ci_high))
          : "no interval";
  const std::string verdict = verdict_on(effect, is_final);
  return fmt::format("<li{}>{}: {} → {}<span class=\"size\">{} points</span>{}. {}{}</li>\n",
                     verdict.starts_with("Resolved") ? " class=\"resolved\"" : "",
                     html_escaped(effect.factor), html_escaped(effect.from_level),
                     html_escaped(effect.to_level), signed_percent(effect.difference), interval, verdict,
                     training_cost(data, effect));
}

/// The cell with the highest score, what it cost, and that it was picked; empty for fewer than two cells.
std::string best_cell(const PageSource& source) {
  const ReportData& data = source.data;
  const std::string benchmark = main_benchmark(data);
  const ReportCell* best = nullptr;
  Measured highest;
  std::size_t cells = 0;
  for (const ReportCell& cell : data.cells) {
    const std::optional<Measured> score = cell_score(data, source.scores, cell, benchmark);
    if (!score) continue;
    ++cells;
    if (best != nullptr && score->value <= highest.value) continue;
    best = &cell;
    highest = *score;
  }
  if (cells < 2) return "";
  const auto half_width = highest.half_width();
  const auto seconds = mean_seconds(*best, &ReportTrial::train_seconds);
  return fmt::format(
      "<p>Best of {} cells: <strong>{}</strong>, {}{} on {}{}. Picked as the best, it looks a little better "
      "than it is; the differences below were not picked.</p>\n",
      cells, html_escaped(best->label), percent(highest.value), half_width ? " ± " + percent(half_width) : "",
      html_escaped(benchmark), seconds ? ", trained in " + duration(seconds) + " a seed" : "");
}

/// "written down before the first trial"
std::string registration_text(Registered registered) {
  return registered == Registered::before  ? "Written down before the first trial."
         : registered == Registered::after ? "Written down only after the first trial had begun."
                                           : "Not in the claims file that the sweep named: no prediction.";
}

std::string claim_card(const JudgedClaim& judged) {
  const Claim& claim = judged.claim;
  const std::string verdict(verdict_name(judged.verdict));
  const std::string section =
      claim.section.empty() ? ""
                            : fmt::format(" <span class=\"tag\">({})</span>", html_escaped(claim.section));
  return fmt::format("<li class=\"{}\">{}{}<span class=\"size\">{}</span>{} {} on {}: {}. {}</li>\n",
                     judged.verdict == Verdict::not_resolved ? "open" : verdict,
                     html_escaped(claim.says.empty() ? claim.name : claim.says), section, verdict,
                     html_escaped(claim.factor), html_escaped(claim.from + " → " + claim.to),
                     html_escaped(claim.benchmark), html_escaped(judged.why),
                     registration_text(judged.registered));
}

}  // namespace

std::string findings_section(PageSource& source) {
  constexpr std::size_t kMostCards = 9;
  if (source.data.benchmarks.empty()) return "";
  const std::string benchmark = main_benchmark(source.data);
  std::vector<Effect> effects = effects_of(source, EffectRows::levels);
  std::erase_if(effects, [&](const Effect& effect) { return effect.benchmark != benchmark; });
  if (effects.empty()) return best_cell(source);
  const std::size_t all = effects.size();
  std::stable_sort(effects.begin(), effects.end(),
                   [](const Effect& a, const Effect& b) { return a.p.value_or(1.0) < b.p.value_or(1.0); });
  if (effects.size() > kMostCards) effects.resize(kMostCards);
  std::string text = best_cell(source);
  text +=
      fmt::format("<p>What each choice makes of the score on {}, in points{}; surest first.</p>\n",
                  html_escaped(benchmark),
                  all > effects.size() ? fmt::format(" ({} of {} comparisons)", effects.size(), all) : "");
  text += "<ul class=\"findings\">\n";
  for (const Effect& effect : effects) text += finding(source.data, effect, source.trials.open == 0);
  return text + "</ul>\n";
}

std::string claims_section(PageSource& source) {
  const std::vector<JudgedClaim> claims = registered_claims(source.database, source.data.name);
  if (claims.empty()) return "";
  std::string text = "<ul class=\"findings claims\">\n";
  for (const JudgedClaim& judged : claims) text += claim_card(judged);
  return text + "</ul>\n" +
         html_notes({.title = "",
                     .columns = {},
                     .rows = {},
                     .notes = {},
                     .footnotes = claims_table("", claims).footnotes});
}

}  // namespace imp::results
