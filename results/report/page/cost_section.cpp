// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "results/report/cost_table.h"
#include "results/report/display.h"
#include "results/report/page/charts.h"
#include "results/report/page/figure.h"
#include "results/report/page/markup.h"
#include "results/report/page/sections.h"

namespace imp::results {
namespace {

/// What a cell's trials cost each, mean over the done ones; nothing where one of them does not say.
struct CellCost {
  std::optional<double> own_seconds, share_seconds, tokens, flops, joules;
};

std::map<std::string, CellCost> cell_costs(PageSource& source) {
  std::map<std::string, CellCost> costs;
  constexpr const char* kMeans =
      "SELECT cell, iif(count(own_seconds) = count(*), avg(own_seconds), NULL), "
      "iif(count(share_seconds) = count(*), avg(share_seconds), NULL), "
      "iif(count(train_tokens) = count(*), avg(train_tokens), NULL), "
      "iif(count(own_flops + share_flops) = count(*), avg(own_flops + share_flops), NULL), "
      "iif(count(own_joules + share_joules) = count(*), avg(own_joules + share_joules), NULL) "
      "FROM v_cost WHERE sweep = ? AND status = 'done' GROUP BY cell";
  Statement row(source.database, kMeans);
  row.bind_all(source.data.name);
  while (row.step())
    costs[row.text(0)] = {row.maybe_real(1), row.maybe_real(2), row.maybe_real(3), row.maybe_real(4),
                          row.maybe_real(5)};
  return costs;
}

std::string cell_costs_table(PageSource& source) {
  const std::map<std::string, CellCost> costs = cell_costs(source);
  if (costs.empty()) return "";
  const bool has_energy = std::any_of(costs.begin(), costs.end(),
                                      [](const auto& cost) { return cost.second.joules.has_value(); });
  Table table;
  table.columns = {{"cell", false, {"cell"}, ColumnRole::key},
                   {"own stages", true, {"own_seconds"}},
                   {"share of shared stages", true, {"share_seconds"}},
                   {"trained tokens", true, {"train_tokens"}},
                   {"FLOPs", true, {"flops"}}};
  if (has_energy) table.columns.push_back({"energy", true, {"joules"}});
  for (const ReportCell& cell : source.data.cells) {
    const auto found = costs.find(cell.label);
    if (found == costs.end()) continue;
    const CellCost& cost = found->second;
    std::vector<Cell> row{{cell.label, {cell.label}},
                          {duration(cost.own_seconds), {as_value(cost.own_seconds)}},
                          {duration(cost.share_seconds), {as_value(cost.share_seconds)}},
                          {short_count(cost.tokens), {as_value(cost.tokens)}},
                          {operations(cost.flops), {as_value(cost.flops)}}};
    if (has_energy) row.push_back({energy(cost.joules), {as_value(cost.joules)}});
    table.rows.push_back(std::move(row));
  }
  table.footnotes.push_back(
      fmt::format("A trial each, mean over seeds. Own stages: those that no other trial of the sweep goes "
                  "through; of the "
                  "others a trial has its equal share.{}",
                  has_energy ? " Energy: of the processors' packages and memory, whatever else ran."
                             : " Energy was not measured on every machine that made these stages."));
  return html_table(
             table,
             {.id = "table-cell-costs", .caption = "What a trial of each cell cost", .is_sortable = true}) +
         html_notes(table);
}

}  // namespace

std::string cost_section(PageSource& source) {
  std::string text;
  for (std::size_t b = 0; b < source.data.benchmarks.size(); ++b) {
    const std::vector<CostScore> cells = cost_scores(source.data, source.scores, source.data.benchmarks[b]);
    if (cells.size() < 2) continue;
    text += figure(cost_chart(fmt::format("chart-cost-{}", b), source.data.benchmarks[b], cells),
                   "Dashed: cells that no other cell beats in less time. Time is of a trial's own stages and "
                   "its share of those that it shares.");
  }
  text += cell_costs_table(source);
  const Table table = cost_table(source.database, source.data.name);
  if (table.rows.empty()) return text;
  return text + "<details><summary>What each trial cost, as a table</summary>\n" +
         html_table(table, {.id = "table-cost", .caption = "Cost of each trial", .is_sortable = true}) +
         html_notes(table) + "</details>\n";
}

}  // namespace imp::results
