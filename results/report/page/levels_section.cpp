// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "results/report/page/charts.h"
#include "results/report/page/figure.h"
#include "results/report/page/sections.h"

namespace imp::results {
namespace {

std::string difference_figure(PageSource& source, std::size_t factor, const std::vector<Effect>& effects) {
  const std::string& name = source.data.factors[factor];
  const std::vector<LevelDifference> differences = level_differences(effects, name);
  if (differences.empty()) return "";
  std::string first;
  for (const Effect& effect : effects) {
    if (first.empty() && effect.factor == name) first = effect.from_level;
  }
  return figure(
      level_difference_chart(fmt::format("chart-level-differences-{}", factor), name, first, differences),
      fmt::format("{}: what each level adds to {}. Band: 95 % interval of the difference of paired cells; "
                  "where it leaves 0, the level makes a difference.",
                  name, first));
}

}  // namespace

std::string levels_section(PageSource& source) {
  const std::vector<Effect> effects = effects_of(source, EffectRows::levels);
  std::vector<std::string> benchmarks = source.data.benchmarks;
  if (benchmarks.size() > 1) benchmarks.insert(benchmarks.begin(), "average");
  std::string charts;
  for (std::size_t f = 0; f < source.data.factors.size(); ++f) {
    const std::string& factor = source.data.factors[f];
    std::string of_factor;
    for (std::size_t b = 0; b < benchmarks.size(); ++b) {
      const std::vector<LevelScore> scores = level_scores(source.data, source.scores, f, benchmarks[b]);
      if (scores.empty()) continue;
      const bool is_mean = !scores.front().ci_high && benchmarks[b] == "average";
      of_factor +=
          figure(level_chart(fmt::format("chart-levels-{}-{}", f, b), factor, benchmarks[b], scores),
                 fmt::format("{} on {}. {}", factor, is_mean ? "the average over benchmarks" : benchmarks[b],
                             is_mean ? "A line a setting of the other factors."
                                     : "Band: 95 % interval of each cell by itself."));
    }
    if (!of_factor.empty()) charts += difference_figure(source, f, effects) + of_factor;
  }
  return charts.empty() ? "" : "<div class=\"small-charts\">\n" + charts + "</div>\n";
}

}  // namespace imp::results
