// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace imp::models {

/// A picture of 8-bit RGB, rows from the top, three bytes a pixel.
struct Image {
  std::int32_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;

  friend bool operator==(const Image&, const Image&) = default;
};

/// A black picture.
[[nodiscard]] inline Image blank_image(std::int32_t width, std::int32_t height) {
  return {width, height,
          std::vector<std::uint8_t>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3)};
}

}  // namespace imp::models
