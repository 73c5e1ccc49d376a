// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "models/image/image_processor.h"

namespace imp::models {

/// Picture files -> [pictures, 3, size, size] float32 in the CPU's memory, decoded on so many threads; pinned
/// for a device that is a GPU, which can then read it without a wait. Throws imp::Error (usage) for a file
/// that is no picture and for a processor that makes pictures of another size.
[[nodiscard]] at::Tensor pixel_batch(const std::vector<std::filesystem::path>& files,
                                     const ImageProcessor& processor, int64_t size, at::Device device,
                                     int threads);

}  // namespace imp::models
