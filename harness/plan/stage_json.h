// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace imp::harness {

/// A JSON file in a stage's folder, which imp wrote and others may have changed or a disk have lost. Throws
/// imp::Error (usage) in one line that says which folder to remove, so that the next run makes the stage
/// again.
[[nodiscard]] nlohmann::json read_stage_json(const std::filesystem::path& file);

/// Throws that error: "FILE: <what>; remove FOLDER, and the next run makes that stage again".
[[noreturn]] void fail_as_stage_json(const std::filesystem::path& file, const std::string& what);

/// A number of an object that read_stage_json read. Throws as it does.
[[nodiscard]] double stage_number(const nlohmann::json& object, const char* key,
                                  const std::filesystem::path& file);
/// A text of it.
[[nodiscard]] std::string stage_text(const nlohmann::json& object, const char* key,
                                     const std::filesystem::path& file);

}  // namespace imp::harness
