// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace imp::harness {

/// Makes a folder of pictures with its parents. Throws imp::Error (environment) if it cannot be made.
void make_picture_folder(const std::filesystem::path& folder);

/// Writes a picture of a data set whose folder is published by a rename, and so not synced by itself. An
/// earlier rendering's picture is replaced, a link's target is not. Throws imp::Error (usage) for such a
/// place, (environment) if it cannot be written.
void write_picture(const std::filesystem::path& path, const std::string& bytes);

}  // namespace imp::harness
