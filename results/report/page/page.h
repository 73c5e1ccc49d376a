// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "results/database.h"

namespace imp::results {

/// A sweep's report as one HTML file that needs nothing beside it: table, effects, charts, questions with
/// every cell's answers, failures, provenance and how to read it. The sweep is the newest one if the name is
/// empty. Throws StoreError as choose_sweep does.
[[nodiscard]] std::string html_page(Database& database, const std::string& sweep);

/// Writes the page to `file`, or if that is empty to SWEEP.html beside the database; returns where. Throws
/// StoreError: as above; a place that holds something other than a regular file; disk full.
std::filesystem::path write_html_page(Database& database, const std::string& sweep,
                                      const std::filesystem::path& file = {});

}  // namespace imp::results
