// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>

#include "results/report/display.h"
#include "results/report/report_table.h"
#include "results/report/sweep_choice.h"
#include "results/report/unfinished_mark.h"

namespace imp::results {
namespace {

std::vector<Column> cost_columns() {
  return {{"trial", false, {"trial"}, ColumnRole::key},
          {"status", false, {"status"}},
          {"wall time", true, {"wall_seconds"}},
          {"training", true, {"train_seconds"}},
          {"evaluation", true, {"eval_seconds"}},
          {"new stages", true, {"new_stage_seconds"}},
          {"tokens", true, {"train_tokens"}},
          {"tokens/s", true, {"tokens_per_second"}},
          {"peak memory", true, {"peak_memory_bytes"}},
          {"trained parameters", true, {"trained_parameters"}},
          {"FLOPs", true, {"flops"}}};
}

std::vector<Cell> cost_row(const Statement& row) {
  std::vector<Cell> cells;
  for (const int column : {0, 1}) cells.push_back({row.text(column), {row.text(column)}});
  for (const int column : {2, 3, 4, 5}) {
    cells.push_back({duration(row.maybe_real(column)), {as_value(row.maybe_real(column))}});
  }
  cells.push_back({short_count(row.maybe_real(6)), {as_value(row.maybe_integer(6))}});
  cells.push_back({grouped(row.maybe_real(7)), {as_value(row.maybe_real(7))}});
  cells.push_back({bytes(row.maybe_real(8)), {as_value(row.maybe_integer(8))}});
  cells.push_back({short_count(row.maybe_real(9)), {as_value(row.maybe_integer(9))}});
  const auto flops = row.maybe_real(10);
  cells.push_back({flops ? fmt::format("{:.2e}", *flops) : kNothing, {as_value(flops)}});
  return cells;
}

}  // namespace

Table cost_table(Database& database, const std::string& sweep) {
  const std::string name = choose_sweep(database, sweep);
  Table table;
  table.title = name + ": what each trial cost";
  table.columns = cost_columns();
  Statement statement(
      database,
      "SELECT trial, status, wall_seconds, train_seconds, eval_seconds, new_stage_seconds, train_tokens, "
      "tokens_per_second, peak_memory_bytes, trained_parameters, flops FROM v_cost WHERE sweep = ?");
  statement.bind_all(name);
  double wall = 0.0;
  double tokens = 0.0;
  while (statement.step()) {
    wall += statement.maybe_real(2).value_or(0.0);
    tokens += statement.maybe_real(6).value_or(0.0);
    table.rows.push_back(cost_row(statement));
  }
  table.notes.push_back(fmt::format("in all {} of wall time and {} trained tokens in {} trials",
                                    duration(wall), short_count(tokens), table.rows.size()));
  table.footnotes.emplace_back(
      "New stages: time spent on stages that were made for this trial; stages it reused are not counted "
      "again.");
  mark_if_unfinished(table, database, name);
  return table;
}

}  // namespace imp::results
