// SPDX-License-Identifier: Apache-2.0
#include "results/effects/sweep_statistics.h"

#include <vector>

#include "results/claims/registration.h"
#include "results/effects/benchmark_noise.h"
#include "results/effects/cell_scores.h"
#include "results/effects/compared_sweep.h"
#include "results/effects/effect_rows.h"

namespace imp::results {
namespace {

void mark(Database& database, std::int64_t sweep_id, bool current) {
  Statement(database,
            "INSERT INTO sweep_reading VALUES (?, '', ?) "
            "ON CONFLICT (sweep_id) DO UPDATE SET statistics_current = excluded.statistics_current")
      .run(sweep_id, current);
}

}  // namespace

void refresh_statistics(Database& database, std::int64_t sweep_id) {
  replace_cell_scores(database, sweep_id, compute_cell_scores(database, sweep_id));
  replace_effects(database, sweep_id, compute_effects(database, sweep_id));
  replace_benchmark_noises(database, sweep_id,
                           compute_benchmark_noises(database, load_compared_sweep(database, sweep_id), ""));
  refresh_claim_results(database, sweep_id);
  mark(database, sweep_id, true);
}

std::size_t refresh_all_statistics(Database& database) {
  std::vector<std::int64_t> sweeps;
  Statement statement(database, "SELECT sweep_id FROM sweep");
  while (statement.step()) sweeps.push_back(statement.integer(0));
  for (const std::int64_t sweep : sweeps) refresh_statistics(database, sweep);
  return sweeps.size();
}

void forget_statistics(Database& database, std::int64_t sweep_id) {
  Statement(database, "DELETE FROM cell_score WHERE sweep_id = ?").run(sweep_id);
  Statement(database, "DELETE FROM cell_control WHERE sweep_id = ?").run(sweep_id);
  Statement(database, "DELETE FROM effect WHERE sweep_id = ?").run(sweep_id);
  Statement(database, "DELETE FROM benchmark_noise WHERE sweep_id = ?").run(sweep_id);
  Statement(database, "DELETE FROM claim_result WHERE sweep_id = ?").run(sweep_id);
  mark(database, sweep_id, false);
}

bool has_current_statistics(Database& database, std::int64_t sweep_id) {
  Statement statement(database, "SELECT statistics_current FROM sweep_reading WHERE sweep_id = ?");
  return statement.bind_all(sweep_id).step() && statement.integer(0) == 1;
}

}  // namespace imp::results
