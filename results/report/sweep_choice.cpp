// SPDX-License-Identifier: Apache-2.0
#include "results/report/sweep_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "results/store_error.h"

namespace imp::results {
namespace {

/// Levenshtein's distance: how many letters to insert, delete or change.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> sweeps_newest_first(Database& database) {
  std::vector<std::string> names;
  Statement statement(database, "SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC");
  while (statement.step()) names.push_back(statement.text(0));
  return names;
}

}  // namespace

std::string choose_sweep(Database& database, const std::string& wanted) {
  const std::vector<std::string> names = sweeps_newest_first(database);
  if (names.empty()) {
    throw StoreError(
        database.path().string() +
        ": holds no sweeps; run one (imp-sweep FILE.yaml) or read run folders in (imp-sweep rebuild)");
  }
  if (wanted.empty()) return names.front();
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
  const auto nearest = std::min_element(names.begin(), names.end(), [&](const auto& left, const auto& right) {
    return edit_distance(wanted, left) < edit_distance(wanted, right);
  });
  const bool is_near = edit_distance(wanted, *nearest) <= std::max<std::size_t>(2, wanted.size() / 3);
  throw StoreError(fmt::format("{}: no sweep '{}'; {}", database.path().string(), wanted,
                               is_near ? fmt::format("did you mean '{}'?", *nearest)
                                       : fmt::format("it holds {}", fmt::join(names, ", "))));
}

std::int64_t sweep_id_of(Database& database, const std::string& sweep) {
  Statement statement(database, "SELECT sweep_id FROM sweep WHERE name = ?");
  return statement.bind_all(sweep).step() ? statement.integer(0) : 0;
}

}  // namespace imp::results
