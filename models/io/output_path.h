// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace imp {

/// Refuses a place where writing would replace something other than a regular file: throws imp::Error (usage)
/// if `path` is a link, a folder, a device, a pipe or a socket, or has no file's name. What is absent is
/// fine. Writers of this folder call it; programs call it before they spend time.
void require_output_file(const std::filesystem::path& path);

/// The same, and that writing replaces nothing that is read: none of the files `inputs`, none in the folders
/// among them (empty paths are left out).
void require_output_file(const std::filesystem::path& path, const std::vector<std::filesystem::path>& inputs);

/// Throws imp::Error (usage) if `path` is there and is no folder. A link to a folder is one.
void require_output_folder(const std::filesystem::path& path);

}  // namespace imp
