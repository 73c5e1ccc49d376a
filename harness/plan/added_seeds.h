// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/plan/expand.h"
#include "results/effects/planned_looks.h"

namespace imp::harness {

/// What `runs/<sweep>/added_seeds.json` says; nothing if it is not there. Throws imp::Error (usage) naming
/// file and key.
[[nodiscard]] std::optional<results::LooksRecord> read_looks(const std::filesystem::path& runs,
                                                             const std::string& sweep);

/// Replaces that file. Throws imp::Error (environment).
void write_looks(const std::filesystem::path& runs, const std::string& sweep,
                 const results::LooksRecord& record);

/// The seeds of all its rounds.
[[nodiscard]] AddedSeeds added_seeds(const std::optional<results::LooksRecord>& record);

}  // namespace imp::harness
