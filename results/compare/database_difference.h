// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/compare/difference.h"
#include "results/database.h"

namespace imp::results {

/// How the results of two databases differ: trials are the same that have the same configuration and seed (of
/// the sweep with the same name first). Rows: trials that one side lacks or has not done, and scores of their
/// cells that are not the same numbers, with the interval of the difference where both databases hold the
/// answers to the same questions (paired_cells.h), or else marked as not paired. Throws StoreError.
[[nodiscard]] Differences database_differences(Database& a, Database& b);

}  // namespace imp::results
