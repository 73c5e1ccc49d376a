// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/report/cost_table.h"
#include "results/report/display.h"
#include "results/report/effect_list.h"
#include "results/report/effects_table.h"
#include "results/report/page/charts.h"
#include "results/report/page/markup.h"
#include "results/report/report_notes.h"
#include "results/report/report_table.h"

namespace imp::results {
namespace {

std::string figure(const Chart& chart, const std::string& caption) {
  return fmt::format(
             "<figure>\n<div class=\"chart\" id=\"{}\" role=\"img\" aria-label=\"{}\"></div>\n"
             "<figcaption>{}</figcaption>\n</figure>\n",
             chart.id, html_escaped(chart.description), html_escaped(caption)) +
         fmt::format("<script type=\"application/json\" class=\"chart-spec\" data-chart=\"{}\">", chart.id) +
         json_in_script(chart.spec) + "</script>\n";
}

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

std::string finding(const Effect& effect, bool is_final) {
  const std::string interval =
      effect.ci_low && effect.ci_high
          ? fmt::format("95 %: {} to {}", signed_percent(*effect.ci_low), signed_percent(*effect.ci_high))
          : "no interval";
  const std::string verdict = verdict_on(effect, is_final);
  return fmt::format("<li{}>{}: {} → {}<span class=\"size\">{} points</span>{}. {}</li>\n",
                     verdict.starts_with("Resolved") ? " class=\"resolved\"" : "",
                     html_escaped(effect.factor), html_escaped(effect.from_level),
                     html_escaped(effect.to_level), signed_percent(effect.difference), interval, verdict);
}

std::string filter_box(const std::string& table) {
  return fmt::format(
      "<div class=\"controls\"><label>Show rows with <input type=\"search\" "
      "data-table=\"{}\"></label></div>\n",
      table);
}

std::string effects_of(PageSource& source, EffectRows rows, const std::string& id,
                       const std::string& table_caption, const std::string& caption) {
  const std::vector<Effect> effects = load_effects(source.database, source.data.name, rows);
  if (effects.empty()) return "";
  const std::vector<SeedDifference> seeds =
      rows == EffectRows::levels ? seed_differences(source.data) : std::vector<SeedDifference>{};
  const Table table = effects_table(source.database, source.data.name, rows);
  return figure(effect_chart("chart-" + id, rows, effects, seeds), caption) +
         html_table(table, {.id = "table-" + id, .caption = table_caption, .is_sortable = true}) +
         html_notes(table);
}

}  // namespace

std::string findings_section(PageSource& source) {
  constexpr std::size_t kMostCards = 9;
  std::string text;
  if (source.data.benchmarks.empty()) return text;
  std::vector<Effect> effects = load_effects(source.database, source.data.name, EffectRows::levels);
  std::erase_if(effects,
                [&](const Effect& effect) { return effect.benchmark != main_benchmark(source.data); });
  if (effects.empty()) return text;
  const std::size_t all = effects.size();
  std::stable_sort(effects.begin(), effects.end(),
                   [](const Effect& a, const Effect& b) { return a.p.value_or(1.0) < b.p.value_or(1.0); });
  if (effects.size() > kMostCards) effects.resize(kMostCards);
  text = fmt::format("<p>What each choice makes of the score on {}, in points{}; surest first.</p>\n",
                     html_escaped(main_benchmark(source.data)),
                     all > effects.size() ? fmt::format(" ({} of {} comparisons)", effects.size(), all) : "");
  text += "<ul class=\"findings\">\n";
  for (const Effect& effect : effects) text += finding(effect, is_finished(source.data));
  return text + "</ul>\n";
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
  return effects_of(
      source, EffectRows::levels, "effects", "Differences between the levels of each factor",
      "Dot: difference of matched cells. Line: 95 % interval. Short strokes: each seed's own difference.");
}

std::string interactions_section(PageSource& source) {
  return effects_of(source, EffectRows::interactions, "interactions", "Interactions of two factors",
                    "How one factor's difference changes with the level of another, with 95 % intervals.");
}

std::string levels_section(PageSource& source) {
  std::string charts;
  for (std::size_t f = 0; f < source.data.factors.size(); ++f) {
    for (std::size_t b = 0; b < source.data.benchmarks.size(); ++b) {
      const std::vector<LevelScore> scores =
          level_scores(source.data, source.scores, f, source.data.benchmarks[b]);
      if (scores.empty()) continue;
      charts += figure(level_chart(fmt::format("chart-levels-{}-{}", f, b), source.data.factors[f],
                                   source.data.benchmarks[b], scores),
                       fmt::format("{} on {}. Band: 95 % interval of each cell by itself; two cells share "
                                   "questions, so their difference is surer (Effects).",
                                   source.data.factors[f], source.data.benchmarks[b]));
    }
  }
  return charts.empty() ? "" : "<div class=\"small-charts\">\n" + charts + "</div>\n";
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
  const Table table = effects_table(source.database, source.data.name, EffectRows::families);
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

std::string cost_section(PageSource& source) {
  std::string text;
  for (std::size_t b = 0; b < source.data.benchmarks.size(); ++b) {
    const std::vector<CostScore> cells =
        cost_scores(source.database, source.data, source.scores, source.data.benchmarks[b]);
    if (cells.size() < 2) continue;
    text += figure(cost_chart(fmt::format("chart-cost-{}", b), source.data.benchmarks[b], cells),
                   "Dashed: cells that no other cell beats in less time. Time is of a trial's own stages and "
                   "its share of those that it shares.");
  }
  const Table table = cost_table(source.database, source.data.name);
  if (table.rows.empty()) return text;
  return text + "<details><summary>What each trial cost, as a table</summary>\n" +
         html_table(table, {.id = "table-cost", .caption = "Cost of each trial", .is_sortable = true}) +
         html_notes(table) + "</details>\n";
}

std::string training_section(PageSource& source) {
  constexpr std::size_t kPoints = 120, kTrials = 120;
  std::size_t trials = 0;
  for (const ReportCell& cell : source.data.cells) trials += cell.done().size();
  std::string text;
  std::size_t place = 0;
  for (const std::string& stage : trained_stages(source.database, source.data.name)) {
    const std::vector<LossStep> steps = loss_steps(source.database, source.data, stage, kPoints, kTrials);
    if (steps.empty()) continue;
    text +=
        figure(training_chart(fmt::format("chart-training-{}", place++), stage, steps),
               fmt::format("Loss of stage {}, averaged over neighbouring steps; a line a trial, {}.", stage,
                           trials > kTrials ? fmt::format("the first {} of {} trials", kTrials, trials)
                                            : "all trials"));
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
