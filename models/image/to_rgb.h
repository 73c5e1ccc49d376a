// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace imp::models {

/// Colours by number, black where a file gives none.
using Palette = std::array<std::array<std::uint8_t, 3>, 256>;

// Pillow's conversions to RGB (libImaging/Convert.c): three bytes a pixel.

[[nodiscard]] std::vector<std::uint8_t> rgb_of_gray(std::span<const std::uint8_t> gray);

[[nodiscard]] std::vector<std::uint8_t> rgb_of_palette(std::span<const std::uint8_t> indices,
                                                       const Palette& palette);

/// One pixel of cyan, magenta, yellow and black ink (cmyk2rgb).
void put_rgb_of_cmyk(const std::array<std::uint8_t, 4>& cmyk, std::uint8_t* rgb);

/// Gray of more than 8 bits is not scaled but cut off at 255 (I16_RGB, i2rgb).
[[nodiscard]] constexpr std::uint8_t clip_to_byte(std::int64_t value) {
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

}  // namespace imp::models
