// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "results/database.h"

namespace imp::results {

// What is computed from the answers of a sweep and kept: tables cell_score, cell_control, effect,
// benchmark_noise and claim_result. Sweeps whose trials changed since then have no rows there, and readers
// compute them.

/// Makes these tables' rows of the sweep anew. Call it in a transaction.
void refresh_statistics(Database& database, std::int64_t sweep_id);

/// The same for every sweep; returns their number. Call it in a transaction.
std::size_t refresh_all_statistics(Database& database);

/// Removes them, since the sweep's trials change. Call it in a transaction.
void forget_statistics(Database& database, std::int64_t sweep_id);

/// Whether they are there and of all the trials that the database holds.
[[nodiscard]] bool has_current_statistics(Database& database, std::int64_t sweep_id);

}  // namespace imp::results
