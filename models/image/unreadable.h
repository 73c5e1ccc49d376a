// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace imp::models {

/// A picture file that cannot be read.
struct UnreadablePicture {
  std::filesystem::path file;
  std::string reason;  ///< "is absent", "the JPEG is cut off; ...", as read_image says it without the path
};

/// Decodes every file, on all processors, and returns those that cannot be read, in the order given.
/// `progress(done)` is called between groups of files and may throw. Throws imp::Error (environment) for what
/// is no file's fault.
[[nodiscard]] std::vector<UnreadablePicture> find_unreadable(
    const std::vector<std::filesystem::path>& files, const std::function<void(std::size_t done)>& progress);

/// A line for each of the first twenty, "\n  PATH: REASON", and one that counts the others.
[[nodiscard]] std::string as_lines(const std::vector<UnreadablePicture>& unreadable);

}  // namespace imp::models
