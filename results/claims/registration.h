// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "results/claims/claims_file.h"
#include "results/claims/verify.h"
#include "results/database.h"

namespace imp::results {

/// An entry of runs/<sweep>/claims.json: the claims file that the sweep named, as it was at that time.
struct RegisteredFile {
  std::string file, sha256, recorded, text;  ///< `recorded`: ISO 8601, UTC
};

/// Throws StoreError (usage) naming file and key.
[[nodiscard]] std::vector<RegisteredFile> read_registered_files(const std::filesystem::path& path);

/// Writes the entries of a sweep in place of those it had. Runs in the caller's transaction.
void replace_registered_files(Database& database, std::int64_t sweep_id,
                              const std::vector<RegisteredFile>& files);

/// Before: the same claim stands in an entry that was recorded before the sweep's first trial began and
/// before the first of the evaluations that it uses was made (another sweep may have made it).
[[nodiscard]] Registered registration_of(Database& database, const Claim& claim);

/// Judges the claims of the newest entry that are about this sweep and makes the rows of claim_result anew.
/// An entry that cannot be read gives none. Runs in the caller's transaction, after the effects were made.
void refresh_claim_results(Database& database, std::int64_t sweep_id);

}  // namespace imp::results
