// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/database.h"
#include "results/report/report_data.h"

namespace imp::results {

/// What a reader of a sweep's table must know: trials that failed and why, trials that needed more than one
/// attempt, trials not yet run, rows of training data that teach nothing, cells with a single seed.
[[nodiscard]] std::vector<std::string> report_notes(Database& database, const ReportData& data);

}  // namespace imp::results
