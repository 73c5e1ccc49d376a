// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/database.h"

namespace imp::results {

/// The same cell in two databases: trials of the seeds that both have done, in the same order.
struct CellPair {
  std::vector<std::int64_t> in_a, in_b;
};

/// A cell's score in both databases on the questions that both answered, and the interval of the difference.
struct PairedDifference {
  double mean_a = 0.0, mean_b = 0.0;                     ///< over seeds and these questions
  std::optional<double> difference, ci_low, ci_high, p;  ///< b - a
};

/// Compares cells that all have the same number of seeds on one benchmark, with the picture or on a control
/// (results/controls.h), answer by answer: the spread of
/// seeds is pooled over all of them, in both databases. One result a pair; nothing where it has no answers.
/// All are nothing if the databases mean other questions by the same ids, or have none in common.
[[nodiscard]] std::vector<std::optional<PairedDifference>> paired_differences(
    Database& a, Database& b, const std::string& benchmark, std::string_view control,
    const std::vector<CellPair>& cells);

}  // namespace imp::results
