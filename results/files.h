// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace imp::results {

/// Whole content of a file. Throws StoreError (usage) naming the path if it cannot be read.
[[nodiscard]] std::string read_text(const std::filesystem::path& path);

/// Writes a file aside, fsyncs it and renames it over `path`. Parent folders are made.
/// Throws StoreError (environment) naming the path and the system's reason; then nothing is left behind.
void write_text_atomically(const std::filesystem::path& path, std::string_view content);

/// Renames a finished file over `path` and makes the rename durable. Throws StoreError (environment).
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& path);

}  // namespace imp::results
