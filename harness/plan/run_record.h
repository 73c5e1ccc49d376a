// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace imp::harness {

/// The version of what imp writes into a runs folder (`schema` in sweep.json, stage.json and outcome.json).
inline constexpr int kRecordSchema = 1;

/// A record of a runs folder: an object of a schema that is known here. Throws imp::Error in one line: usage
/// if the file cannot be read or is no such object, environment if a newer imp wrote it.
[[nodiscard]] nlohmann::json read_run_record(const std::filesystem::path& file);

}  // namespace imp::harness
