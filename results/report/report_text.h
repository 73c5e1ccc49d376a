// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/database.h"

namespace imp::results {

/// What a person reads of a sweep in a terminal: its table and, where there is something to compare, its
/// effects. Markdown; the sweep is the newest one if the name is empty. Throws StoreError as choose_sweep
/// does.
[[nodiscard]] std::string report_text(Database& database, const std::string& sweep);

}  // namespace imp::results
