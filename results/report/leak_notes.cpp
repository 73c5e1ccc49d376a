// SPDX-License-Identifier: Apache-2.0
#include "results/report/leak_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace imp::results {
namespace {

/// Cells that have the finding, in plan order, and how many cells there are in all.
struct Cells {
  std::vector<std::string> with;
  std::size_t all = 0;
};

Cells cells_with(Database& database, std::int64_t sweep_id, const std::string& benchmark,
                 const std::string& text) {
  Statement row(
      database,
      "SELECT cell, max(leak.text IS ?) FROM trial LEFT JOIN leak ON leak.trial_id = trial.trial_id AND "
      "benchmark = ? WHERE sweep_id = ? AND status NOT IN ('planned', 'unreadable') GROUP BY "
      "cell_number, cell ORDER BY cell_number");
  row.bind_all(text, benchmark, sweep_id);
  Cells cells;
  while (row.step()) {
    ++cells.all;
    if (row.integer(1) != 0) cells.with.push_back(row.text(0));
  }
  return cells;
}

}  // namespace

std::vector<std::string> leak_notes(Database& database, const ReportData& data) {
  constexpr std::size_t kShown = 4;
  Statement found(
      database,
      "SELECT DISTINCT benchmark, text FROM leak JOIN trial USING (trial_id) WHERE sweep_id = ? AND "
      "text <> '' ORDER BY benchmark, shared_pictures DESC, text");
  found.bind_all(data.sweep_id);
  std::vector<std::string> notes;
  while (found.step()) {
    Cells cells = cells_with(database, data.sweep_id, found.text(0), found.text(1));
    const std::size_t more = cells.with.size() > kShown ? cells.with.size() - kShown : 0;
    const bool is_all = cells.with.size() == cells.all;
    cells.with.resize(cells.with.size() - more);
    notes.push_back(fmt::format("{} is {}{}", found.text(0), found.text(1),
                                is_all
                                    ? std::string()
                                    : fmt::format(" ({}{})", fmt::join(cells.with, "; "),
                                                  more > 0 ? fmt::format("; and {} more cells", more) : "")));
  }
  return notes;
}

}  // namespace imp::results
