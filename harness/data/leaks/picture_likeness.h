// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include "models/image/image.h"

namespace imp::harness {

/// What decides whether two pictures are one: the hash of all pixels with width and height, and the picture
/// scaled to 32 x 32.
struct PictureLikeness {
  static constexpr int kSide = 32;
  std::string pixels;  ///< 128-bit content hash of the decoded RGB; empty: the picture could not be read
  std::array<std::uint8_t, 3UL * kSide * kSide> small{};
};

/// The largest mean difference of a square of 4 x 4 of the 32 x 32 pixels (over its pixels and channels, in
/// grey levels of 255) at which two pictures are nearly the same. Of signs and photographs, 95 % of the
/// copies recompressed to JPEG quality 10 differ by at most 24 in one square, of those of half the size by
/// 33, of those cut by 2 % at each edge by 42; different pictures whose hashes are near, or almost, differed
/// by 72 and more.
inline constexpr double kLargestDifference = 48;

[[nodiscard]] PictureLikeness likeness_of(const models::Image& image);

/// The mean difference of the square that differs most, 0 to 255.
[[nodiscard]] double largest_difference(const PictureLikeness& a, const PictureLikeness& b);

}  // namespace imp::harness
