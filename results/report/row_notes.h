// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/database.h"
#include "results/report/report_data.h"

namespace imp::results {

/// What a sweep's training data did not teach: rows of each kind that was counted, once for all trials that
/// share them, and trials with steps that had no token to learn.
[[nodiscard]] std::vector<std::string> row_notes(Database& database, const ReportData& data);

}  // namespace imp::results
