// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace imp::harness {

/// What a file or folder holds. Links are not followed: a link counts as nothing.
struct FolderContent {
  std::int64_t bytes = 0;
  std::int64_t files = 0;
  std::filesystem::file_time_type written = std::filesystem::file_time_type::min();  ///< last, of any entry
};

/// Whether it is a link, or a folder and no link to one; neither where it is not there.
[[nodiscard]] bool is_link(const std::filesystem::path& path);
[[nodiscard]] bool is_folder(const std::filesystem::path& path);

/// Of something that may vanish or be unreadable meanwhile; what cannot be looked at counts nothing.
[[nodiscard]] FolderContent content_of(const std::filesystem::path& path);

}  // namespace imp::harness
