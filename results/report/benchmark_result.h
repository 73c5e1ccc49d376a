// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "results/database.h"
#include "results/effects/cell_scores.h"
#include "results/report/report_data.h"

namespace imp::results {

/// A cell on each benchmark of a sweep; nothing where it has no done seed.
using BenchmarkResults = std::vector<std::optional<CellScore>>;

/// One a cell of `data`.
[[nodiscard]] std::vector<BenchmarkResults> benchmark_results(Database& database, const ReportData& data);

}  // namespace imp::results
