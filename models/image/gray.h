// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "models/image/image.h"

namespace imp::models {

/// A picture's luminance in 8 bits, rows from the top.
struct GrayImage {
  std::int32_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;
};

/// Luminance of ITU-R BT.601, rounded as Pillow's `convert("L")`.
[[nodiscard]] GrayImage gray_of(const Image& image);

/// The mean over squares of `factor` x `factor` pixels; those at the right and lower edge may be cut.
[[nodiscard]] GrayImage averaged(const GrayImage& image, int factor);

/// By what a picture's sides can be divided, 1, 2, 4 or 8, so that the shorter one keeps `least_side` pixels.
[[nodiscard]] int reduction_of(std::int64_t width, std::int64_t height, std::int64_t least_side);

/// A picture's luminance, its sides divided by reduction_of. Of a JPEG the smaller picture is decoded at
/// once, its colours left alone (libjpeg's scaled inverse transform, for a reduction by 8 the mean of each
/// block); other formats are decoded and averaged. Throws as decode_image.
[[nodiscard]] GrayImage decode_reduced_gray(std::span<const std::byte> bytes, const std::string& where,
                                            std::int64_t least_side);
/// The same of a file. Throws as read_image.
[[nodiscard]] GrayImage read_reduced_gray(const std::filesystem::path& path, std::int64_t least_side);

}  // namespace imp::models
