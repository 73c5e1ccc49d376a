// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/plan/diagnostics.h"

namespace imp::harness {

/// For messages about a path that is not there: ` below <working directory>`, where a relative one was looked
/// for; nothing for an absolute one.
[[nodiscard]] std::string below_working_directory(const std::filesystem::path& path);

/// The folders in which a model named without a '/' is looked for, in this order: `zoo` in the sweep file's
/// folder and in the folder above it, `sweeps/zoo` in the working directory, `share/imp/zoo` of the
/// installation.
[[nodiscard]] std::vector<std::filesystem::path> zoo_folders(const std::filesystem::path& sweep_file);

/// The Hugging Face directory that a value of `llm`, `encoder` or `checkpoint` (`key`) means: a name in the
/// zoo, or with a '/' a directory or (a language model's) GGUF file. Throws imp::Error (usage), at the place
/// of the value, that says where to put what if there is no such directory or it lacks its config.json.
[[nodiscard]] std::filesystem::path find_model(std::string_view key, const std::string& value,
                                               const std::filesystem::path& sweep_file,
                                               const Location& origin);

}  // namespace imp::harness
