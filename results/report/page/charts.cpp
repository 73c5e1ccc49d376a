// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/charts.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "results/printable.h"
#include "results/report/display.h"
#include "results/report/page/chart_parts.h"

namespace imp::results {

using namespace chart_parts;
using nlohmann::json;

namespace {

constexpr const char* kResolved = "interval excludes 0";
constexpr const char* kNotResolved = "interval holds 0";

struct Comparison {
  std::string factor, from, to, benchmark;
};

/// A comparison as the chart names it: "llm: phi → llama", of an interaction "phi → llama × 128 → 256".
std::string comparison_label(const Comparison& comparison, bool is_interaction, bool names_benchmark) {
  std::string label = is_interaction ? comparison.from + " × " + comparison.to
                                     : comparison.factor + ": " + comparison.from + " → " + comparison.to;
  for (std::size_t arrow = 0; (arrow = label.find("->")) != std::string::npos;) label.replace(arrow, 2, "→");
  return printable(names_benchmark ? label + ", " + comparison.benchmark : label);
}

}  // namespace

Chart effect_chart(const std::string& id, EffectRows rows_of, const std::vector<Effect>& effects,
                   const std::vector<SeedDifference>& seeds) {
  const bool several = distinct(effects, &Effect::benchmark) > 1;
  json rows = json::array(), dots = json::array();
  std::set<std::string> labels;
  std::string description = "Differences in points with their 95 % intervals.";
  for (const Effect& effect : effects) {
    const bool resolved = excludes_zero(effect.ci_low, effect.ci_high);
    const std::string label =
        comparison_label({effect.factor, effect.from_level, effect.to_level, effect.benchmark},
                         rows_of == EffectRows::interactions, several);
    labels.insert(label);
    rows.push_back({{"label", label},
                    {"difference", points(effect.difference)},
                    {"low", maybe_points(effect.ci_low)},
                    {"high", maybe_points(effect.ci_high)},
                    {"p", p_text(effect.p_holm)},
                    {"verdict", resolved ? kResolved : kNotResolved}});
    if (labels.size() <= 20) description += fmt::format(" {}: {}.", label, signed_percent(effect.difference));
  }
  for (const SeedDifference& seed : seeds) {
    const std::string label =
        comparison_label({seed.factor, seed.from_level, seed.to_level, seed.benchmark}, false, several);
    if (!labels.contains(label)) continue;
    dots.push_back({{"label", label}, {"difference", points(seed.difference)}, {"seed", seed.seed}});
  }
  const json y = {{"field", "label"}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}};
  const json color = {{"field", "verdict"},
                      {"type", "nominal"},
                      {"title", nullptr},
                      {"scale", {{"domain", {kResolved, kNotResolved}}, {"range", {kBlue, kGrey}}}},
                      {"legend", {{"orient", "bottom"}, {"columns", 1}}}};
  const json hint = tooltip({{"label", "effect"},
                             {"difference", "points"},
                             {"low", "95 % from"},
                             {"high", "to"},
                             {"p", "p (Holm)"}});
  json layers = json::array();
  layers.push_back({{"data", {{"values", json::array({{{"zero", 0}}})}}},
                    {"mark", {{"type", "rule"}, {"strokeDash", {4, 4}}, {"color", kGrey}}},
                    {"encoding", {{"x", quantitative("zero", "")}}}});
  layers.push_back({{"data", {{"values", rows}}},
                    {"mark", {{"type", "rule"}, {"strokeWidth", 3}}},
                    {"encoding",
                     {{"y", y},
                      {"x", quantitative("low", "points")},
                      {"x2", {{"field", "high"}}},
                      {"color", color},
                      {"tooltip", hint}}}});
  if (!dots.empty()) {
    layers.push_back(
        {{"data", {{"values", dots}}},
         {"mark",
          {{"type", "tick"}, {"thickness", 2}, {"size", 14}, {"opacity", 0.75}, {"color", "#e08a1e"}}},
         {"encoding",
          {{"y", y},
           {"x", quantitative("difference", "points")},
           {"tooltip", tooltip({{"label", "effect"}, {"seed", "seed"}, {"difference", "points"}})}}}});
  }
  layers.push_back(
      {{"data", {{"values", rows}}},
       {"mark", {{"type", "point"}, {"filled", true}, {"size", 110}, {"opacity", 1}}},
       {"encoding",
        {{"y", y}, {"x", quantitative("difference", "points")}, {"color", color}, {"tooltip", hint}}}});
  json spec{{"width", "container"}, {"height", 34 * labels.size()}, {"layer", layers}};
  return finished(id, description, std::move(spec));
}

Chart family_chart(const std::string& id, const std::string& family, const std::vector<FamilyScore>& scores) {
  json rows = json::array();
  for (const FamilyScore& score : scores) {
    rows.push_back({{"cell", printable(score.cell)},
                    {"score", points(score.value)},
                    {"low", maybe_points(score.ci_low)},
                    {"high", maybe_points(score.ci_high)},
                    {"blind", maybe_points(score.blind)}});
  }
  const json y = {{"field", "cell"},
                  {"type", "nominal"},
                  {"sort", nullptr},
                  {"title", nullptr},
                  {"axis", {{"labelLimit", 130}}}};
  json x = quantitative("score", "%");
  x["scale"] = {{"domain", {0, 100}}};
  json low = x, blind = x;
  low["field"] = "low";
  blind["field"] = "blind";
  const json hint = tooltip(
      {{"cell", "cell"}, {"score", "score, %"}, {"low", "95 % from"}, {"high", "to"}, {"blind", "blind, %"}});
  return finished(
      id, fmt::format("Scores on questions of the family {}, with 95 % intervals.", printable(family)),
      {{"width", "container"},
       {"height", 22 * scores.size()},
       {"data", {{"values", rows}}},
       {"encoding", {{"y", y}, {"tooltip", hint}}},
       {"layer",
        {{{"mark", {{"type", "tick"}, {"color", kGrey}, {"thickness", 2}}}, {"encoding", {{"x", blind}}}},
         {{"mark", {{"type", "rule"}, {"strokeWidth", 2}, {"color", kBlue}}},
          {"encoding", {{"x", low}, {"x2", {{"field", "high"}}}}}},
         {{"mark", {{"type", "point"}, {"filled", true}, {"size", 60}, {"color", kBlue}, {"opacity", 1}}},
          {"encoding", {{"x", x}}}}}}});
}

Chart training_chart(const std::string& id, const StageCurves& curves) {
  json rows = json::array();  // a row a curve: names stand once, not once a step
  for (const LossCurve& curve : curves.curves) {
    json losses = json::array();
    for (const double loss : curve.losses) losses.push_back(std::round(loss * 1e4) / 1e4);
    rows.push_back({{"trial", printable(curve.trial)},
                    {"trials", curve.trials},
                    {"cell", printable(curve.cell)},
                    {"step", curve.steps},
                    {"loss", std::move(losses)}});
  }
  json x = quantitative("step", "step");
  x["axis"] = {{"grid", false}};
  json y = quantitative("loss", "training loss");
  y["scale"] = {{"zero", false}};
  const json hint =
      tooltip({{"trial", "trial"}, {"trials", "trials with it"}, {"step", "step"}, {"loss", "loss"}});
  return finished(id, fmt::format("Training loss by step of stage {}.", printable(curves.stage)),
                  {{"width", "container"},
                   {"height", 240},
                   {"data", {{"values", rows}}},
                   {"transform", {{{"flatten", {"step", "loss"}}}}},
                   {"mark", {{"type", "line"}, {"strokeWidth", 1.5}, {"opacity", 0.85}}},
                   {"encoding",
                    {{"x", x},
                     {"y", y},
                     {"detail", {{"field", "trial"}}},
                     {"color", color_by("cell", "cell", distinct(curves.curves, &LossCurve::cell))},
                     {"tooltip", hint}}}});
}

Chart cost_chart(const std::string& id, const std::string& benchmark, const std::vector<CostScore>& cells) {
  json rows = json::array();
  for (const CostScore& cell : cells) {
    rows.push_back({{"cell", printable(cell.cell)},
                    {"seconds", cell.seconds},
                    {"parameters", short_count(cell.trained_parameters)},
                    {"score", points(cell.value)},
                    {"low", maybe_points(cell.ci_low)},
                    {"high", maybe_points(cell.ci_high)},
                    {"front", cell.on_front}});
  }
  json x = quantitative("seconds", "time of a trial and its share, s");
  x["scale"] = {{"zero", false}, {"padding", 20}};
  json y = quantitative("score", printable(benchmark) + ", %");
  y["scale"] = {{"zero", false}};
  json low = y;
  low["field"] = "low";
  const json hint = tooltip({{"cell", "cell"},
                             {"seconds", "time, s"},
                             {"parameters", "trained parameters"},
                             {"score", "score, %"},
                             {"low", "95 % from"},
                             {"high", "to"}});
  return finished(
      id, fmt::format("{} against time, with 95 % intervals.", printable(benchmark)),
      {{"width", "container"},
       {"height", 260},
       {"data", {{"values", rows}}},
       {"encoding", {{"x", x}, {"tooltip", hint}}},
       {"layer",
        {{{"transform", {{{"filter", "datum.front"}}}},
          {"mark", {{"type", "line"}, {"color", kGrey}, {"strokeDash", {4, 4}}}},
          {"encoding", {{"y", y}}}},
         {{"mark", {{"type", "rule"}, {"color", kBlue}, {"opacity", 0.5}}},
          {"encoding", {{"y", low}, {"y2", {{"field", "high"}}}}}},
         {{"mark", {{"type", "point"}, {"filled", true}, {"size", 90}, {"color", kBlue}, {"opacity", 1}}},
          {"encoding", {{"y", y}}}},
         {{"mark", {{"type", "text"}, {"align", "left"}, {"dx", 8}, {"dy", -6}, {"color", "currentColor"}}},
          {"encoding", {{"y", y}, {"text", {{"field", "cell"}}}}}}}}});
}

}  // namespace imp::results
