// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/report/report_data.h"

namespace imp::results {

/// A score with its error, both as fractions.
struct Measured {
  double value = 0.0;
  std::optional<double> standard_error;  ///< statistics/contrast.h: questions and seeds together
  std::optional<double> half_width;      ///< of the 95 % interval
};

/// A cell on one benchmark, over its done seeds; nothing where it has none.
struct BenchmarkResult {
  std::optional<Measured> score;   ///< mean over seeds of the main metric
  std::optional<Measured> blind;   ///< the same, picture withheld
  std::optional<Measured> margin;  ///< score - blind, paired by question
  /// Whether the answers' mean is the score, so that they tell its error. If not (a metric that is no mean
  /// over questions, answers missing), the standard error comes from the trials' own, and there are no
  /// intervals.
  bool from_answers = false;
};

/// One a cell of `data`. The spread of seeds is pooled over the cells that have as many seeds done.
[[nodiscard]] std::vector<BenchmarkResult> benchmark_results(Database& database, const ReportData& data,
                                                             const std::string& benchmark);

}  // namespace imp::results
