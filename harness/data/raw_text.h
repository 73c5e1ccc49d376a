// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace imp::harness {

/// Paragraphs that nobody wrote to teach a model: CMake's manual and its release notes (package cmake-data)
/// and the licences that Debian keeps (base-files), each on one line. The order is mixed but fixed; it and
/// the text are those of the installed packages. Throws imp::Error (environment) naming the package of a
/// missing folder.
[[nodiscard]] std::vector<std::string> raw_text_paragraphs(
    const std::filesystem::path& packages_root = "/usr/share");

}  // namespace imp::harness
