// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace imp::results {

/// Refuses a place where writing would replace something other than a regular file: throws StoreError (usage)
/// if `path` is a link, a folder, a device, a pipe or a socket, or has no file's name. What is absent is
/// fine.
void require_output_file(const std::filesystem::path& path);

/// The same, and that it is not the database under any name, nor one of the files that stand beside it (-wal,
/// -shm, -journal, -lock).
void require_output_file(const std::filesystem::path& path, const std::filesystem::path& database);

}  // namespace imp::results
