// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/database.h"

namespace imp::results {

/// The sweep a report is about: `wanted`, or the newest by creation if that is empty.
/// Throws StoreError (usage): no sweeps at all; no such sweep, with the nearest name.
[[nodiscard]] std::string choose_sweep(Database& database, const std::string& wanted);

}  // namespace imp::results
