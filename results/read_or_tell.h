// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "results/store_error.h"

namespace imp::results {

/// Reads a file of a run folder; a malformed one becomes a problem and gives nothing. Throws StoreError
/// (environment) as `read` does.
template <class Read>
auto read_or_tell(Read read, const std::filesystem::path& path, std::vector<std::string>& problems)
    -> std::optional<decltype(read(path))> {
  try {
    return read(path);
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::usage) throw;
    problems.emplace_back(error.what());
    return std::nullopt;
  }
}

}  // namespace imp::results
