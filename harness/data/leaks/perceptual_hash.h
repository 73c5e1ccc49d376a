// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/image/gray.h"

namespace imp::harness {

/// The side to which pictures may be reduced before they are hashed.
inline constexpr int kHashedSide = 48;

/// A perceptual hash of a picture, as pHash's: bit 8 u + v is set if coefficient (u, v) of the
/// two-dimensional DCT-II of the picture, averaged over areas to 32 x 32, is above an eighth of a grey
/// level's amplitude; u counts waves from top to bottom, v from left to right, both below 8. The mean, bit 0,
/// is never set. The bound above 0 keeps rounding from deciding about plain surfaces. Pictures without pixels
/// hash to 0. Source: C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010,
/// section 3.2.1, with signs in place of its median.
[[nodiscard]] std::uint64_t perceptual_hash(const models::GrayImage& image);

}  // namespace imp::harness
