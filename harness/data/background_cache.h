// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "harness/data/catalog.h"
#include "models/image/image.h"

namespace imp::harness {

/// The listed pictures as thumbnails, in the list's order: from a cache file of `cache_folder` if one was
/// made from the same files (name, size and time of change), else decoded and, where the folder can be
/// written, cached. Throws imp::Error (environment) naming a picture that cannot be decoded.
[[nodiscard]] std::vector<models::Image> load_thumbnails(std::span<const PackagedFile> files, int short_side,
                                                         const std::filesystem::path& cache_folder);

}  // namespace imp::harness
