// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "results/printable.h"
#include "results/report/display.h"

namespace imp::results {
namespace {

using nlohmann::json;

constexpr const char* kResolved = "interval excludes 0";
constexpr const char* kNotResolved = "interval holds 0";
constexpr const char* kBlue = "#3d7fdb";
constexpr const char* kGrey = "#8a8f99";
constexpr int kLegendItems = 12;  ///< beyond it a legend explains nothing

double points(double fraction) {
  return 100.0 * fraction;
}

json maybe_points(std::optional<double> fraction) {
  return fraction ? json(points(*fraction)) : json(nullptr);
}

Chart finished(const std::string& id, const std::string& description, json spec) {
  spec["$schema"] = "https://vega.github.io/schema/vega-lite/v6.json";
  spec["description"] = description;
  return {id, description, spec.dump(-1, ' ', false, json::error_handler_t::replace)};
}

json quantitative(const std::string& field, const std::string& title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}};
}

json nominal(const std::string& field, const json& title) {
  return {{"field", field}, {"type", "nominal"}, {"title", title}};
}

struct Comparison {
  std::string factor, from, to, benchmark;
};

json tooltip(const std::vector<std::pair<std::string, std::string>>& fields) {
  json entries = json::array();
  for (const auto& [field, title] : fields) entries.push_back({{"field", field}, {"title", title}});
  return entries;
}

/// Colour by a field; its legend below the chart, unless it would be longer than one can use.
json color_by(const std::string& field, const std::string& title, std::size_t values) {
  json color = nominal(field, title);
  color["scale"] = {{"scheme", "tableau10"}};
  color["legend"] =
      static_cast<int>(values) > kLegendItems || values < 2
          ? json(nullptr)
          : json{{"orient", "bottom"}, {"columns", 2}, {"labelLimit", 300}, {"symbolOpacity", 1}};
  return color;
}

/// A comparison as the chart names it: "llm: phi → llama", of an interaction "phi → llama × 128 → 256".
std::string comparison_label(const Comparison& comparison, bool is_interaction, bool names_benchmark) {
  std::string label = is_interaction ? comparison.from + " × " + comparison.to
                                     : comparison.factor + ": " + comparison.from + " → " + comparison.to;
  for (std::size_t arrow = 0; (arrow = label.find("->")) != std::string::npos;) label.replace(arrow, 2, "→");
  return printable(names_benchmark ? label + ", " + comparison.benchmark : label);
}

template <class Row, class Field>
std::size_t distinct(const std::vector<Row>& rows, Field Row::*field) {
  std::set<Field> values;
  for (const Row& row : rows) values.insert(row.*field);
  return values.size();
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

Chart level_chart(const std::string& id, const std::string& factor, const std::string& benchmark,
                  const std::vector<LevelScore>& scores) {
  json rows = json::array();
  for (const LevelScore& score : scores) {
    rows.push_back({{"level", score.level},
                    {"others", printable(score.others)},
                    {"score", points(score.value)},
                    {"low", maybe_points(score.ci_low)},
                    {"high", maybe_points(score.ci_high)}});
  }
  json x = quantitative("level", printable(factor));
  json levels = json::array();
  for (const LevelScore& score : scores) {
    if (std::find(levels.begin(), levels.end(), json(score.level)) == levels.end())
      levels.push_back(score.level);
  }
  x["axis"] = {{"values", levels}, {"grid", false}};
  const auto [least, most] =
      std::minmax_element(scores.begin(), scores.end(),
                          [](const LevelScore& a, const LevelScore& b) { return a.level < b.level; });
  const bool doubles = least->level > 0.0 && most->level >= 4.0 * least->level;  // ranks do, epochs do not
  x["scale"] = doubles ? json{{"type", "log"}, {"base", 2}} : json{{"zero", false}};
  x["scale"].update({{"nice", false}, {"padding", 16}});
  json y = quantitative("score", printable(benchmark) + ", %");
  y["scale"] = {{"zero", false}};
  const json color = color_by("others", "others", distinct(scores, &LevelScore::others));
  const json hint = tooltip({{"level", printable(factor)},
                             {"others", "others"},
                             {"score", "score, %"},
                             {"low", "95 % from"},
                             {"high", "to"}});
  json low = y;
  low["field"] = "low";
  return finished(id, fmt::format("{} by {}, with 95 % intervals.", printable(benchmark), printable(factor)),
                  {{"width", "container"},
                   {"height", 240},
                   {"data", {{"values", rows}}},
                   {"encoding", {{"x", x}, {"color", color}}},
                   {"layer",
                    {{{"mark", {{"type", "area"}, {"opacity", 0.14}}},
                      {"encoding", {{"y", low}, {"y2", {{"field", "high"}}}}}},
                     {{"mark", {{"type", "line"}}}, {"encoding", {{"y", y}}}},
                     {{"mark", {{"type", "point"}, {"filled", true}, {"size", 70}}},
                      {"encoding", {{"y", y}, {"tooltip", hint}}}}}}});
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

Chart training_chart(const std::string& id, const std::string& stage, const std::vector<LossStep>& steps) {
  json rows = json::array();
  for (const LossStep& step : steps) {
    rows.push_back({{"trial", printable(step.trial)},
                    {"cell", printable(step.cell)},
                    {"step", step.step},
                    {"loss", step.loss}});
  }
  json x = quantitative("step", "step");
  x["axis"] = {{"grid", false}};
  json y = quantitative("loss", "training loss");
  y["scale"] = {{"zero", false}};
  return finished(id, fmt::format("Training loss by step of stage {}, a line a trial.", printable(stage)),
                  {{"width", "container"},
                   {"height", 240},
                   {"data", {{"values", rows}}},
                   {"mark", {{"type", "line"}, {"strokeWidth", 1.5}, {"opacity", 0.85}}},
                   {"encoding",
                    {{"x", x},
                     {"y", y},
                     {"detail", {{"field", "trial"}}},
                     {"color", color_by("cell", "cell", distinct(steps, &LossStep::cell))},
                     {"tooltip", tooltip({{"trial", "trial"}, {"step", "step"}, {"loss", "loss"}})}}}});
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
