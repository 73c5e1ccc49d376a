// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/claims/verify.h"
#include "results/database.h"
#include "results/report/table.h"

namespace imp::results {

/// One row a claim: verdict, prediction, difference with its interval, p, whether it was written down before;
/// a note each with the reason.
[[nodiscard]] Table claims_table(const std::string& title, const std::vector<JudgedClaim>& claims);

/// The claims that a sweep's file registered, as they were judged when it was read in (view v_claims). The
/// sweep must exist.
[[nodiscard]] std::vector<JudgedClaim> registered_claims(Database& database, const std::string& sweep);

/// A table of them; without rows if there are none.
[[nodiscard]] Table registered_claims_table(Database& database, const std::string& sweep);

}  // namespace imp::results
