// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "results/report/display.h"
#include "results/report/effect_list.h"
#include "results/report/effects_table.h"
#include "results/report/page/charts.h"
#include "results/report/page/figure.h"
#include "results/report/page/markup.h"
#include "results/report/report_notes.h"
#include "results/report/report_table.h"

namespace imp::results {
namespace {

std::string filter_box(const std::string& table) {
  return fmt::format(
      "<div class=\"controls\"><label>Show rows with <input type=\"search\" "
      "data-table=\"{}\"></label></div>\n",
      table);
}

/// Of more rows than a page can show, the surest, in their order; says so.
std::string keep_surest(std::vector<Effect>& effects) {
  constexpr std::size_t kMostEffects = 200;
  const std::size_t all = effects.size();
  if (all <= kMostEffects) return "";
  std::vector<std::size_t> order(all);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return effects[a].p.value_or(1.0) < effects[b].p.value_or(1.0);
  });
  order.resize(kMostEffects);
  std::sort(order.begin(), order.end());
  std::vector<Effect> surest;
  for (const std::size_t i : order) surest.push_back(std::move(effects[i]));
  effects = std::move(surest);
  return fmt::format(
      "<p class=\"soft\">The {} surest of {} rows; <code>imp-report effects</code> and view v_effects have "
      "all.</p>\n",
      effects.size(), all);
}

std::string effects_shown(PageSource& source, EffectRows rows, const std::string& id,
                          const std::string& table_caption, const std::string& caption) {
  std::vector<Effect> effects = effects_of(source, rows);
  if (effects.empty()) return "";
  const std::string left_out = keep_surest(effects);
  const std::vector<SeedDifference> seeds =
      rows == EffectRows::levels ? seed_differences(source.data) : std::vector<SeedDifference>{};
  const Table table = effects_table(source.database, source.data.name, rows, effects);
  return figure(effect_chart("chart-" + id, rows, effects, seeds), caption) + left_out +
         html_table(table, {.id = "table-" + id, .caption = table_caption, .is_sortable = true}) +
         html_notes(table);
}

}  // namespace

std::vector<Effect> effects_of(const PageSource& source, EffectRows rows) {
  std::vector<Effect> effects = source.effects;
  keep_effects(effects, rows);
  return effects;
}

std::string scores_section(PageSource& source) {
  Table table = report_table(source.database, source.data.name);
  const std::string caption = "A cell a row; scores in percent, means over seeds";
  const std::string notes =
      html_notes({.title = "", .columns = {}, .rows = {}, .notes = {}, .footnotes = table.footnotes});
  return filter_box("table-scores") +
         html_table(table, {.id = "table-scores", .caption = caption, .is_sortable = true}) + notes;
}

std::string effects_section(PageSource& source) {
  return effects_shown(
      source, EffectRows::levels, "effects", "Differences between the levels of each factor",
      "Dot: difference of matched cells. Line: 95 % interval. Short strokes: each seed's own difference.");
}

std::string interactions_section(PageSource& source) {
  return effects_shown(source, EffectRows::interactions, "interactions", "Interactions of two factors",
                       "How one factor's difference changes with the level of another, with 95 % intervals.");
}

std::string families_section(PageSource& source) {
  constexpr std::size_t kMostCharts = 24;
  std::string text;
  std::size_t left_out = 0;
  for (std::size_t b = 0; b < source.data.benchmarks.size(); ++b) {
    const std::vector<FamilyScore> scores =
        family_scores(source.data, source.scores, source.data.benchmarks[b]);
    std::set<std::string> families;
    for (const FamilyScore& score : scores) families.insert(score.family);
    if (families.empty()) continue;
    text += "<h3>" + html_escaped(source.data.benchmarks[b]) + "</h3>\n<div class=\"small-charts\">\n";
    std::size_t place = 0;
    for (const std::string& family : families) {
      if (place == kMostCharts) {
        left_out += families.size() - kMostCharts;
        break;
      }
      std::vector<FamilyScore> of_family;
      std::copy_if(scores.begin(), scores.end(), std::back_inserter(of_family),
                   [&](const FamilyScore& score) { return score.family == family; });
      const std::int64_t questions = of_family.front().questions.value_or(0);
      text += figure(family_chart(fmt::format("chart-family-{}-{}", b, place++), family, of_family),
                     fmt::format("{}: {} questions", family, questions));
    }
    text += "</div>\n";
  }
  if (text.empty()) return "";
  if (left_out > 0) text += fmt::format("<p class=\"soft\">{} families more have no chart.</p>\n", left_out);
  const Table table = effects_table(source.database, source.data.name, EffectRows::families,
                                    effects_of(source, EffectRows::families));
  text =
      "<p class=\"soft\">Dot: score with its 95 % interval. Grey stroke: the same without the "
      "picture.</p>\n" +
      text;
  if (table.rows.empty()) return text;
  return text + "<details><summary>Effects by family, as a table</summary>\n" +
         html_table(
             table,
             {.id = "table-families", .caption = "Differences by family of questions", .is_sortable = true}) +
         html_notes(table) + "</details>\n";
}

namespace {

/// Which curves a chart shows, in its caption.
std::string curves_shown(const StageCurves& stage) {
  const bool is_shared = std::any_of(stage.curves.begin(), stage.curves.end(),
                                     [](const LossCurve& curve) { return curve.trials > 1; });
  const std::string lines = is_shared ? "a line a training, trials that share it have one" : "a line a trial";
  if (stage.cells == stage.all_cells) return lines + ", all of them";
  return fmt::format("{}, all seeds of {} of {} cells, evenly over the plan", lines, stage.cells,
                     stage.all_cells);
}

std::string list_of_cells(const StageCurves& stage) {
  std::string text =
      fmt::format("<details><summary>Cells with a line in {}</summary>\n<ul>\n", html_escaped(stage.stage));
  std::string last;
  for (const LossCurve& curve : stage.curves) {
    if (curve.cell != last) text += "<li>" + html_escaped(curve.cell) + "</li>\n";
    last = curve.cell;
  }
  return text + "</ul>\n</details>\n";
}

}  // namespace

std::string training_section(PageSource& source) {
  constexpr std::size_t kPoints = 120, kCurves = 120;
  std::string text;
  std::size_t place = 0;
  for (const StageCurves& stage : training_curves(source.database, source.data, kCurves, kPoints)) {
    text += figure(training_chart(fmt::format("chart-training-{}", place++), stage),
                   fmt::format("Loss of stage {}, averaged over neighbouring steps; {}.", stage.stage,
                               curves_shown(stage)));
    if (stage.cells < stage.all_cells) text += list_of_cells(stage);
  }
  return text;
}

std::string failures_section(PageSource& source) {
  const std::vector<std::string> notes = report_notes(source.database, source.data);
  if (notes.empty()) return "";
  std::string text = "<ul>\n";
  for (const std::string& note : notes) text += "<li>" + html_escaped(note) + "</li>\n";
  return text + "</ul>\n";
}

}  // namespace imp::results
