// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/database.h"
#include "results/report/report_data.h"

namespace imp::results {

/// A note for each benchmark of which training data hold pictures: its scores are not zero-shot, and in which
/// cells.
[[nodiscard]] std::vector<std::string> leak_notes(Database& database, const ReportData& data);

}  // namespace imp::results
