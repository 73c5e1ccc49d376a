// SPDX-License-Identifier: Apache-2.0
#include "results/report/effects_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "results/effects/planned_looks.h"
#include "results/report/display.h"
#include "results/report/effect_list.h"
#include "results/report/level_values.h"
#include "results/report/sweep_choice.h"
#include "results/report/unfinished_mark.h"
#include "results/statistics/looks.h"

namespace imp::results {
namespace {

std::vector<Column> columns_for(const std::vector<Effect>& effects, EffectRows rows) {
  std::set<std::string> benchmarks;
  for (const Effect& effect : effects) benchmarks.insert(effect.benchmark);
  std::vector<Column> columns{{"factor", false, {"factor"}, ColumnRole::key},
                              {rows == EffectRows::interactions ? "of, with" : "from → to",
                               false,
                               {"from_level", "to_level"},
                               ColumnRole::key}};
  if (benchmarks.size() > 1) columns.push_back({"benchmark", false, {"benchmark"}, ColumnRole::key});
  if (rows == EffectRows::families) columns.push_back({"family", false, {"family"}, ColumnRole::key});
  columns.push_back({"points [95 %]", true, {"difference", "ci_low", "ci_high"}, ColumnRole::difference});
  columns.push_back({"s.d.", true, {"standardized"}});
  columns.push_back({"p", true, {"p"}});
  columns.push_back({"p (Holm)", true, {"p_holm"}});
  return columns;
}

/// Fields for programs that people find in the notes.
void add_program_fields(Column& column) {
  for (const char* name :
       {"standard_error", "picture_variance", "seed_variance", "degrees_of_freedom", "method", "questions",
        "pictures", "questions_left_out", "seeds", "matched_groups", "cells", "also_differs"})
    column.fields.emplace_back(name);
}

std::vector<Cell> row_of(const Effect& effect, const std::vector<Column>& columns, EffectRows rows,
                         const LevelValues& levels) {
  std::vector<Cell> cells;
  for (const Column& column : columns) {
    const std::string& field = column.fields.front();
    if (field == "factor") cells.push_back({effect.factor, {effect.factor}});
    if (field == "from_level") {
      const char* between = rows == EffectRows::interactions ? "; " : " → ";
      cells.push_back(
          {effect.from_level + between + effect.to_level,
           {levels.of(effect.factor, effect.from_level), levels.of(effect.factor, effect.to_level)}});
    }
    if (field == "benchmark") cells.push_back({effect.benchmark, {effect.benchmark}});
    if (field == "family") cells.push_back({effect.family, {effect.family}});
    if (field == "difference")
      cells.push_back({difference_text(effect.difference, effect.ci_low, effect.ci_high),
                       {effect.difference, as_value(effect.ci_low), as_value(effect.ci_high)}});
    if (field == "standardized") {
      cells.push_back({effect.standardized ? fmt::format("{:+.2f}", *effect.standardized) : kNothing,
                       {as_value(effect.standardized)}});
    }
    if (field == "p") cells.push_back({p_text(effect.p), {as_value(effect.p)}});
    if (field == "p_holm") {
      cells.push_back(
          {p_text(effect.p_holm),
           {as_value(effect.p_holm), as_value(effect.standard_error), as_value(effect.picture_variance),
            as_value(effect.seed_variance), as_value(effect.degrees_of_freedom), effect.method,
            effect.questions, effect.pictures, effect.left_out, effect.seeds, effect.matched_groups,
            effect.cells, effect.also_differs}});
    }
  }
  return cells;
}

std::string names_row(const Effect& effect) {
  return fmt::format("{} {} → {}", effect.factor, effect.from_level, effect.to_level);
}

/// "one seed", "3 cells", "2 to 6 seeds".
std::string counted(std::int64_t fewest, std::int64_t most, const char* what) {
  if (fewest != most) return fmt::format("{} to {} {}s", fewest, most, what);
  return most == 1 ? fmt::format("one {}", what) : fmt::format("{} {}s", most, what);
}

/// The same for the seeds that the compared cells have in common.
std::string counted_seeds(const std::vector<Effect>& effects) {
  const auto [fewest, most] = std::minmax_element(
      effects.begin(), effects.end(), [](const Effect& a, const Effect& b) { return a.seeds < b.seeds; });
  return counted(fewest->seeds, most->seeds, "seed");
}

/// That the rows of a factor are looked at repeatedly, if that is planned.
std::optional<std::string> looks_note(Database& database, std::int64_t sweep_id,
                                      const std::vector<Effect>& effects) {
  const std::optional<PlannedLooks> planned = load_planned_looks(database, sweep_id);
  const bool is_shown = std::any_of(effects.begin(), effects.end(), [&](const Effect& effect) {
    return looks_at(planned, effect.factor) > 1;
  });
  if (!is_shown) return std::nullopt;
  return fmt::format(
      "{}: intervals and p are adjusted for {} looks, planned {}: each interval is one of {:.1f} %, so that "
      "all looks "
      "together find a difference that is not there 5 times in 100 at most",
      planned->factor, planned->looks, planned->recorded,
      100.0 * look_confidence(static_cast<int>(planned->looks)));
}

/// What a reader must know of these rows.
std::vector<std::string> notes_for(const std::vector<Effect>& effects) {
  std::vector<std::string> notes;
  const Effect& first = effects.front();
  std::int64_t left_out = 0;
  std::set<std::string> said;
  for (const Effect& effect : effects) {
    left_out = std::max(left_out, effect.left_out);
    if (!effect.also_differs.empty() && said.insert(names_row(effect)).second)
      notes.push_back(fmt::format("{}: the cells also differ in {}", names_row(effect), effect.also_differs));
    if (effect.spreads_more() && said.insert(names_row(effect) + effect.benchmark + effect.family).second) {
      notes.push_back(fmt::format(
          "{}, {}{}: these cells' seeds spread more than the others', so the interval rests on them first",
          names_row(effect), effect.benchmark, effect.family.empty() ? "" : ", " + effect.family));
    }
  }
  if (left_out > 0)
    notes.push_back(fmt::format("{} questions were left out, which some trial did not answer", left_out));
  if (!first.holds_seeds()) {
    notes.emplace_back(
        "one seed: the intervals are of these checkpoints, not of the recipe; another seed may change "
        "more than they say");
  }
  if (first.seeds == 2 && first.cells == 2)
    notes.emplace_back(
        "two cells with two seeds: the spread of seeds rests on one degree of freedom, so the intervals "
        "are a lottery; a third seed narrows them most");
  return notes;
}

}  // namespace

Table effects_table(Database& database, const std::string& sweep, EffectRows rows) {
  const std::string name = choose_sweep(database, sweep);
  return effects_table(database, name, rows, load_effects(database, name, rows));
}

Table effects_table(Database& database, const std::string& name, EffectRows rows,
                    const std::vector<Effect>& effects) {
  Table table;
  table.title = name + ": effects";
  table.columns = columns_for(effects, rows);
  const LevelValues levels(database, sweep_id_of(database, name));
  if (!effects.empty()) {
    for (const Effect& effect : effects) table.rows.push_back(row_of(effect, table.columns, rows, levels));
    table.notes = notes_for(effects);
    if (const auto note = looks_note(database, sweep_id_of(database, name), effects))
      table.notes.push_back(*note);
    table.footnotes.push_back(fmt::format(
        "Mean difference of matched cells in points, over {} and {}. The 95 % interval holds what other "
        "questions "
        "(those of a picture together) and other seeds would change; not what the seeds share: stage 1, "
        "data, "
        "pretrained parts. Holm: over the rows of this table.",
        counted_seeds(effects), counted(effects.front().cells, effects.front().cells, "cell")));
  } else {
    table.notes.emplace_back(
        "nothing to compare yet: effects need two cells with a seed in common whose answers are "
        "read in, and a factor in whose levels they differ");
  }
  add_program_fields(table.columns.back());
  mark_if_unfinished(table, database, name);
  return table;
}

}  // namespace imp::results
