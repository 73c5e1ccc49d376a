// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "results/database.h"

namespace imp::results {

/// How many of a sweep's trials are still to run (planned, or interrupted); a failed one is not.
struct OpenTrials {
  std::int64_t open = 0, all = 0;
};
[[nodiscard]] OpenTrials open_trials(Database& database, const std::string& sweep);

}  // namespace imp::results
