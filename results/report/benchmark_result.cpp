// SPDX-License-Identifier: Apache-2.0
#include "results/report/benchmark_result.h"

#include <map>
#include <string>
#include <utility>

namespace imp::results {

std::vector<BenchmarkResults> benchmark_results(Database& database, const ReportData& data) {
  std::map<std::pair<std::int64_t, std::string>, CellScore> scores;
  for (CellScore& score : load_cell_scores(database, data.sweep_id)) {
    if (!score.family.empty()) continue;
    const std::pair key(score.cell_number, score.benchmark);
    scores.emplace(key, std::move(score));
  }
  std::vector<BenchmarkResults> results;
  for (const ReportCell& cell : data.cells) {
    BenchmarkResults& row = results.emplace_back();
    for (const std::string& benchmark : data.benchmarks) {
      const auto found = scores.find({cell.number, benchmark});
      row.push_back(found == scores.end() ? std::nullopt : std::optional(found->second));
    }
  }
  return results;
}

}  // namespace imp::results
