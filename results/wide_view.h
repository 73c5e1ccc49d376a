// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "results/database.h"

namespace imp::results {

/// SQL of a name as an identifier: in double quotes, inner ones doubled.
[[nodiscard]] std::string quoted_name(std::string_view name);

/// Makes view v_wide again with a column for each benchmark that has scores or that a sweep names: one row a
/// cell, mean over its done seeds. `average` is over the benchmarks of the sweep, NULL for a cell that lacks
/// one of them. A benchmark named as one of the view's own columns gets `_score` behind its name. Leaves the
/// view alone if nothing changed.
void refresh_wide_view(Database& database);

}  // namespace imp::results
