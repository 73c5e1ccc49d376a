// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/database.h"
#include "results/report/table.h"

namespace imp::results {

/// How much the seeds of a sweep spread, and the smallest difference of two of its cells that 2, 3, 5, 10 and
/// 20 seeds resolve (80 % power, 5 % level) on each benchmark, with its questions as they are. The sweep is
/// the newest one if the name is empty. Needs two cells and two seeds in common; else the table has a note
/// instead of rows.
[[nodiscard]] Table noise_table(Database& database, const std::string& sweep);

/// How many seeds see a true difference of `effect` (a fraction: 0.002 is 0.2 points) between two levels of
/// each factor of the sweep, matched as the sweep has them. As above.
[[nodiscard]] Table power_table(Database& database, const std::string& sweep, double effect);

}  // namespace imp::results
