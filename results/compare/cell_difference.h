// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/compare/difference.h"
#include "results/database.h"

namespace imp::results {

/// What two cells or trials (cell_choice.h) differ in: configuration, machine and code, and each benchmark's
/// score with the interval of the difference. Cells of one sweep are compared by the sweep's estimator, as
/// its effects are; others by that of the two alone, over the seeds and questions that both have. Throws
/// StoreError.
[[nodiscard]] Differences cell_differences(Database& database, const std::string& a, const std::string& b,
                                           const std::string& sweep);

/// Machine, code and stages' versions of some trials, by name; several values are joined by commas.
[[nodiscard]] std::map<std::string, std::string> circumstances_of(Database& database,
                                                                  const std::vector<std::int64_t>& trials);

}  // namespace imp::results
