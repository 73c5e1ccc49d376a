// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/database.h"
#include "results/report/table.h"

namespace imp::results {

/// Says in the table's title and in its first note that trials of the sweep are still to run, if any are:
/// what such a table shows is not final.
void mark_if_unfinished(Table& table, Database& database, const std::string& sweep);

}  // namespace imp::results
