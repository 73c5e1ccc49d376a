// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "results/database.h"
#include "results/report/report_data.h"

namespace imp::results {

/// A cell on one benchmark, over its done seeds; nothing where it has none. All are fractions.
struct BenchmarkResult {
  std::optional<double> score;              ///< mean over seeds of the main metric
  std::optional<double> standard_error;     ///< statistics.h: questions and seeds together
  std::optional<double> blind;              ///< the same, image withheld
  std::optional<double> margin;             ///< score - blind
  std::optional<double> margin_half_width;  ///< of its 95 % interval, paired by question
  /// Whether the answers' mean is the score, so that they tell its standard error. If not (a metric that is
  /// no mean over questions, answers missing), it comes from the trials' own standard errors, and the margin
  /// has no interval.
  bool from_answers = false;
};

[[nodiscard]] BenchmarkResult benchmark_result(Database& database, const ReportCell& cell,
                                               const std::string& benchmark);

}  // namespace imp::results
