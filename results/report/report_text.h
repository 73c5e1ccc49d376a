// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/database.h"
#include "results/report/format.h"

namespace imp::results {

/// What a person reads of a sweep in a terminal: its table and, where there is something to compare, its
/// effects; what became of the claims that it registered. `format`: a format for people (to_markdown,
/// to_text). The sweep is the newest one if the name is empty. Throws StoreError as choose_sweep does.
[[nodiscard]] std::string report_text(Database& database, const std::string& sweep,
                                      const Format& format = to_markdown);

}  // namespace imp::results
