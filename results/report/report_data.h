// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"

namespace imp::results {

/// A trial's main metric on one benchmark.
struct BenchmarkScore {
  double value = 0.0;
  std::optional<double> standard_error;  ///< the trial's own, questions only
  std::optional<double> blind;           ///< the same metric, image withheld
};

struct ReportTrial {
  std::int64_t trial_id = 0;
  std::string name;
  std::int64_t seed = 0;
  std::string status;
  std::optional<double> wall_seconds, tokens_per_second, trained_parameters, train_seconds;
  std::optional<double> cost_seconds;            ///< of its own stages and its share of those that it shares
  std::map<std::string, BenchmarkScore> scores;  ///< by benchmark
};

struct ReportCell {
  std::int64_t number = 0;  ///< cell_number of the database
  std::string label;
  std::vector<std::string> levels;  ///< one a factor
  std::vector<ReportTrial> trials;  ///< one a seed, planned ones too

  [[nodiscard]] std::vector<const ReportTrial*> done() const;
};

struct ReportData {
  std::int64_t sweep_id = 0;
  std::string name, about;
  std::vector<std::string> factors;
  std::vector<std::string> benchmarks;  ///< in the sweep file's order
  std::vector<ReportCell> cells;        ///< in plan order
};

/// Everything of a sweep that a report shows but its answers. The sweep must exist (choose_sweep).
[[nodiscard]] ReportData load_report_data(Database& database, const std::string& sweep);

}  // namespace imp::results
