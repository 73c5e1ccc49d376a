// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "results/database.h"

namespace imp::results {

/// How many of a sweep's trials are still to run (planned, or interrupted). A failed one is not: it has
/// ended, and the sweep is finished without it. Every table and the page go by this.
struct OpenTrials {
  std::int64_t open = 0, all = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;  ///< unreadable ones too
};
[[nodiscard]] OpenTrials open_trials(Database& database, const std::string& sweep);

}  // namespace imp::results
