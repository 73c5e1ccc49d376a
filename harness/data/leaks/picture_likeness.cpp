// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/picture_likeness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "models/image/resize.h"
#include "models/io/hash.h"

namespace imp::harness {

PictureLikeness likeness_of(const models::Image& image) {
  PictureLikeness likeness;
  const std::string_view bytes(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size());
  likeness.pixels = fmt::format("{}x{} {}", image.width, image.height, content_hash(bytes));
  const models::Image small =
      models::resize(image, PictureLikeness::kSide, PictureLikeness::kSide, models::Filter::box);
  std::copy(small.pixels.begin(), small.pixels.end(), likeness.small.begin());
  return likeness;
}

double largest_difference(const PictureLikeness& a, const PictureLikeness& b) {
  constexpr std::size_t kSquare = 4, kRow = std::size_t{3} * PictureLikeness::kSide;
  int largest = 0;
  for (std::size_t top = 0; top < PictureLikeness::kSide; top += kSquare)
    for (std::size_t left = 0; left < kRow; left += 3 * kSquare) {
      int sum = 0;
      for (std::size_t y = top; y < top + kSquare; ++y)
        for (std::size_t x = left; x < left + 3 * kSquare; ++x)
          sum += std::abs(int{a.small[y * kRow + x]} - int{b.small[y * kRow + x]});
      largest = std::max(largest, sum);
    }
  return largest / (3.0 * kSquare * kSquare);
}

}  // namespace imp::harness
