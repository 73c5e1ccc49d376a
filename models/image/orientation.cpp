// SPDX-License-Identifier: Apache-2.0
#include "models/image/orientation.h"

#include <algorithm>
#include <utility>

namespace imp::models {

Image oriented(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool exchanged = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image result = exchanged ? blank_image(image.height, image.width) : blank_image(image.width, image.height);
  std::uint8_t* out = result.pixels.data();
  for (std::int32_t row = 0; row < result.height; ++row) {
    for (std::int32_t column = 0; column < result.width; ++column, out += 3) {
      auto [x, y] = exchanged ? std::pair(row, column) : std::pair(column, row);
      if (from_right) x = image.width - 1 - x;
      if (from_below) y = image.height - 1 - y;
      std::copy_n(image.pixels.data() + 3 * (std::ptrdiff_t{y} * image.width + x), 3, out);
    }
  }
  return result;
}

}  // namespace imp::models
