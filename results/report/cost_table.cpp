// SPDX-License-Identifier: Apache-2.0
#include "results/report/cost_table.h"

#include <fmt/format.h>

#include <vector>

#include "results/printable.h"
#include "results/report/display.h"
#include "results/report/sweep_choice.h"
#include "results/report/unfinished_mark.h"

namespace imp::results {
namespace {

constexpr double kSecondsAnHour = 3600.0;

std::string money_heading(const MachineRate& rate) {
  return rate.currency.empty() ? "money" : "money, " + printable(rate.currency);
}

std::optional<double> money(std::optional<double> seconds, const MachineRate& rate) {
  return seconds ? std::optional(*seconds / kSecondsAnHour * rate.an_hour) : std::nullopt;
}

std::string money_text(std::optional<double> amount) {
  return amount ? fmt::format("{:.{}f}", *amount, *amount < 1.0 ? 4 : 2) : kNothing;
}

std::optional<double> sum_of(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::optional(*a + *b) : std::nullopt;
}

std::vector<Column> cost_columns(const std::optional<MachineRate>& rate) {
  std::vector<Column> columns{{"trial", false, {"trial"}, ColumnRole::key},
                              {"status", false, {"status"}},
                              {"own", true, {"own_seconds"}},
                              {"share", true, {"share_seconds"}},
                              {"training", true, {"train_seconds"}},
                              {"evaluation", true, {"eval_seconds"}},
                              {"tokens", true, {"train_tokens"}},
                              {"tokens/s", true, {"tokens_per_second"}},
                              {"FLOP", true, {"flops", "eval_flops", "own_flops", "share_flops"}},
                              {"FLOP/s", true, {"flops_per_second"}},
                              {"peak memory", true, {"peak_memory_bytes"}},
                              {"energy", true, {"own_joules", "share_joules"}}};
  if (rate) columns.push_back({money_heading(*rate), true, {"money"}});
  return columns;
}

/// One of the columns that cost_table asks for, in its order.
enum Figure {
  kTrial,
  kStatus,
  kOwn,
  kShare,
  kTraining,
  kEvaluation,
  kTokens,
  kSpeed,
  kFlops,
  kEvalFlops,
  kOwnFlops,
  kShareFlops,
  kFlopSpeed,
  kMemory,
  kOwnJoules,
  kShareJoules
};

std::vector<Cell> cost_row(const Statement& row, const std::optional<MachineRate>& rate) {
  const auto real = [&](Figure figure) { return row.maybe_real(figure); };
  const auto value = [&](Figure figure) { return as_value(row.maybe_real(figure)); };
  std::vector<Cell> cells;
  for (const Figure name : {kTrial, kStatus}) cells.push_back({row.text(name), {row.text(name)}});
  for (const Figure time : {kOwn, kShare, kTraining, kEvaluation})
    cells.push_back({duration(real(time)), {value(time)}});
  cells.push_back({short_count(real(kTokens)), {as_value(row.maybe_integer(kTokens))}});
  cells.push_back({grouped(real(kSpeed)), {value(kSpeed)}});
  cells.push_back({operations(sum_of(real(kOwnFlops), real(kShareFlops))),
                   {value(kFlops), value(kEvalFlops), value(kOwnFlops), value(kShareFlops)}});
  cells.push_back({operations(real(kFlopSpeed)), {value(kFlopSpeed)}});
  cells.push_back({bytes(real(kMemory)), {as_value(row.maybe_integer(kMemory))}});
  const auto joules = sum_of(real(kOwnJoules), real(kShareJoules));
  cells.push_back({joules ? energy(joules) : "not measured", {value(kOwnJoules), value(kShareJoules)}});
  if (rate) {
    const auto amount = money(sum_of(real(kOwn), real(kShare)), *rate);
    cells.push_back({money_text(amount), {as_value(amount)}});
  }
  return cells;
}

/// The sweep's sums, and what they would be had each trial made its own stages.
void add_sums(Table& table, Database& database, const std::string& sweep,
              const std::optional<MachineRate>& rate) {
  Statement sums(
      database,
      "SELECT trials, stages, seconds, seconds_saved, flops, flops_saved, energy_joules, energy_joules_saved "
      "FROM v_sweep_cost WHERE sweep = ?");
  if (!sums.bind_all(sweep).step()) return;
  std::string all = fmt::format("in all {} of {} stages for {} done trials", duration(sums.maybe_real(2)),
                                sums.integer(1), sums.integer(0));
  std::string saved = fmt::format("sharing stages saved {}", duration(sums.maybe_real(3)));
  if (const auto flops = sums.maybe_real(4)) {
    all += fmt::format(", {} FLOP", operations(flops));
    saved += fmt::format(", {} FLOP", operations(sums.maybe_real(5)));
  }
  if (const auto joules = sums.maybe_real(6)) {
    all += ", " + energy(joules);
    saved += ", " + energy(sums.maybe_real(7));
  }
  if (rate) {
    const std::string currency = rate->currency.empty() ? "" : " " + printable(rate->currency);
    all += fmt::format(", {}{}", money_text(money(sums.maybe_real(2), *rate)), currency);
    saved += fmt::format(", {}{}", money_text(money(sums.maybe_real(3), *rate)), currency);
  }
  table.notes.push_back(std::move(all));
  table.notes.push_back(std::move(saved));
}

}  // namespace

Table cost_table(Database& database, const std::string& sweep, const std::optional<MachineRate>& rate) {
  const std::string name = choose_sweep(database, sweep);
  Table table;
  table.title = name + ": what each trial cost";
  table.columns = cost_columns(rate);
  Statement statement(database,
                      "SELECT trial, status, own_seconds, share_seconds, train_seconds, eval_seconds, "
                      "train_tokens, tokens_per_second, "
                      "flops, eval_flops, own_flops, share_flops, flops_per_second, peak_memory_bytes, "
                      "own_joules, share_joules "
                      "FROM v_cost WHERE sweep = ?");
  statement.bind_all(name);
  while (statement.step()) table.rows.push_back(cost_row(statement, rate));
  add_sums(table, database, name, rate);
  table.footnotes = {
      "Own: stages that only this trial needs. Share: of each stage that it shares, the stage's time divided "
      "by the trials "
      "that went through it. A stage counts what it took when it was made, for this sweep or an earlier one; "
      "attempts that "
      "failed are not in it.",
      "FLOP: of the models' products by formula, own stages and share; FLOP/s: those of the training over "
      "its time. Energy: "
      "of the processors, whatever else ran beside; not measured where the machine does not tell it."};
  mark_if_unfinished(table, database, name);
  return table;
}

}  // namespace imp::results
