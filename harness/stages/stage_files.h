// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace imp::harness {

/// `files` of a stage.json: path, size and 128-bit xxHash of each regular file below the folder but that
/// record itself. Throws imp::Error for one that cannot be read.
[[nodiscard]] nlohmann::ordered_json list_stage_files(const std::filesystem::path& folder);

/// What is wrong with a finished stage's files by that list, in words; empty where nothing is, or its record
/// has no list (stages of an earlier imp). Sizes are always looked at, contents if `by_content`.
[[nodiscard]] std::string damage_of_stage(const std::filesystem::path& folder, bool by_content);

}  // namespace imp::harness
