// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/printable.h"
#include "results/report/page/chart_parts.h"
#include "results/report/page/charts.h"

namespace imp::results {

using namespace chart_parts;
using nlohmann::json;

namespace {

/// The axis of a factor whose levels are numbers, with a mark at each of them.
json level_axis(const std::string& factor, std::vector<double> levels) {
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  const bool doubles =
      levels.front() > 0.0 && levels.back() >= 4.0 * levels.front();  // ranks do, epochs do not
  json x = quantitative("level", printable(factor));
  x["axis"] = {{"values", levels}, {"grid", false}};
  x["scale"] = doubles ? json{{"type", "log"}, {"base", 2}} : json{{"zero", false}};
  x["scale"].update({{"nice", false}, {"padding", 16}});
  return x;
}

/// Lines with dots over bands from field `low` to field `high`, where these are known.
json band_layers(const json& y, const json& hint, bool has_bands) {
  json layers = json::array();
  if (has_bands) {
    json low = y;
    low["field"] = "low";
    layers.push_back({{"mark", {{"type", "area"}, {"opacity", 0.14}}},
                      {"encoding", {{"y", low}, {"y2", {{"field", "high"}}}}}});
  }
  layers.push_back({{"mark", {{"type", "line"}}}, {"encoding", {{"y", y}}}});
  layers.push_back({{"mark", {{"type", "point"}, {"filled", true}, {"size", 70}}},
                    {"encoding", {{"y", y}, {"tooltip", hint}}}});
  return layers;
}

template <class Row>
bool has_intervals(const std::vector<Row>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.ci_low.has_value(); });
}

}  // namespace

Chart level_chart(const std::string& id, const std::string& factor, const std::string& benchmark,
                  const std::vector<LevelScore>& scores) {
  json rows = json::array();
  std::vector<double> levels;
  for (const LevelScore& score : scores) {
    levels.push_back(score.level);
    rows.push_back({{"level", score.level},
                    {"others", printable(score.others)},
                    {"score", points(score.value)},
                    {"low", maybe_points(score.ci_low)},
                    {"high", maybe_points(score.ci_high)}});
  }
  json y = quantitative("score", printable(benchmark) + ", %");
  y["scale"] = {{"zero", false}};
  const json hint = tooltip({{"level", printable(factor)},
                             {"others", "others"},
                             {"score", "score, %"},
                             {"low", "95 % from"},
                             {"high", "to"}});
  const json color = color_by("others", "others", distinct(scores, &LevelScore::others));
  return finished(id,
                  fmt::format("{} by {}{}.", printable(benchmark), printable(factor),
                              has_intervals(scores) ? ", with 95 % intervals" : ""),
                  {{"width", "container"},
                   {"height", 240},
                   {"data", {{"values", rows}}},
                   {"encoding", {{"x", level_axis(factor, levels)}, {"color", color}}},
                   {"layer", band_layers(y, hint, has_intervals(scores))}});
}

Chart level_difference_chart(const std::string& id, const std::string& factor, const std::string& first,
                             const std::vector<LevelDifference>& differences) {
  json rows = json::array();
  std::vector<double> levels;
  for (const LevelDifference& each : differences) {
    levels.push_back(each.level);
    rows.push_back({{"level", each.level},
                    {"benchmark", printable(each.benchmark)},
                    {"difference", points(each.difference)},
                    {"low", maybe_points(each.ci_low)},
                    {"high", maybe_points(each.ci_high)}});
  }
  const std::string title = fmt::format("points over {} = {}", printable(factor), printable(first));
  const json y = quantitative("difference", title);
  const json hint = tooltip({{"level", printable(factor)},
                             {"benchmark", "benchmark"},
                             {"difference", "points"},
                             {"low", "95 % from"},
                             {"high", "to"}});
  const json x = level_axis(factor, levels);
  json layers = json::array({{{"data", {{"values", json::array({{{"zero", 0}}})}}},
                              {"mark", {{"type", "rule"}, {"strokeDash", {4, 4}}, {"color", kGrey}}},
                              {"encoding", {{"y", quantitative("zero", title)}}}}});
  const std::size_t benchmarks = distinct(differences, &LevelDifference::benchmark);
  for (json layer : band_layers(y, hint, has_intervals(differences))) {
    layer["data"] = {{"values", rows}};
    layer["encoding"]["x"] = x;
    layer["encoding"]["color"] = color_by("benchmark", "benchmark", benchmarks);
    layers.push_back(std::move(layer));
  }
  return finished(id,
                  fmt::format("Differences by {} to {}, cells paired, with 95 % intervals.",
                              printable(factor), printable(first)),
                  {{"width", "container"}, {"height", 240}, {"layer", layers}});
}

}  // namespace imp::results
