// SPDX-License-Identifier: Apache-2.0
#include "models/image/to_rgb.h"

#include <algorithm>

namespace imp::models {

std::vector<std::uint8_t> rgb_of_gray(std::span<const std::uint8_t> gray) {
  std::vector<std::uint8_t> rgb(gray.size() * 3);
  for (std::size_t i = 0; i < gray.size(); ++i) std::fill_n(rgb.data() + 3 * i, 3, gray[i]);
  return rgb;
}

std::vector<std::uint8_t> rgb_of_palette(std::span<const std::uint8_t> indices, const Palette& palette) {
  std::vector<std::uint8_t> rgb(indices.size() * 3);
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::copy_n(palette[indices[i]].begin(), 3, rgb.data() + 3 * i);
  return rgb;
}

void put_rgb_of_cmyk(const std::array<std::uint8_t, 4>& cmyk, std::uint8_t* rgb) {
  const int white = 255 - cmyk[3];
  for (std::size_t c = 0; c < 3; ++c) {
    const int product = cmyk[c] * white + 128;
    rgb[c] = clip_to_byte(white - (((product >> 8) + product) >> 8));
  }
}

}  // namespace imp::models
