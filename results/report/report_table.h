// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/database.h"
#include "results/report/table.h"

namespace imp::results {

/// A sweep's table: one row a cell (mean over its done seeds), columns for what varies, each benchmark's
/// score and standard error, its blind control, the margin over it, seeds, trained parameters, tokens/s and
/// time with its share of shared stages. Program fields (csv, json) carry fractions, seconds and counts as
/// they are in the database. Throws StoreError (usage) if there is no such sweep; an empty name means the
/// newest.
[[nodiscard]] Table report_table(Database& database, const std::string& sweep = "");

}  // namespace imp::results
