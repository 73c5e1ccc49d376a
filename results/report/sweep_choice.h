// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "results/database.h"

namespace imp::results {

/// The sweep a report is about: `wanted`, or the newest by creation if that is empty.
/// Throws StoreError (usage): no sweeps at all; no such sweep, with the nearest name.
[[nodiscard]] std::string choose_sweep(Database& database, const std::string& wanted);

/// Key of a sweep in the database; 0, which is none's, for a name that is not there.
[[nodiscard]] std::int64_t sweep_id_of(Database& database, const std::string& sweep);

}  // namespace imp::results
