// SPDX-License-Identifier: Apache-2.0
#include "results/report/sweep_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "results/names.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

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
  throw StoreError(
      fmt::format("{}: no sweep '{}'{}", database.path().string(), wanted, suggestion(wanted, names)));
}

std::int64_t sweep_id_of(Database& database, const std::string& sweep) {
  Statement statement(database, "SELECT sweep_id FROM sweep WHERE name = ?");
  return statement.bind_all(sweep).step() ? statement.integer(0) : 0;
}

}  // namespace imp::results
