// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace imp::harness {

/// Throws imp::Error (environment) unless files can be made in `folder`, or, where that is absent, in the
/// closest folder above it, so that it can be made. Writes nothing.
void require_writable_folder(const std::filesystem::path& folder);

/// The same for a file: it can be written if it is there, or its folder if not.
void require_writable_file(const std::filesystem::path& file);

}  // namespace imp::harness
