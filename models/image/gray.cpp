// SPDX-License-Identifier: Apache-2.0
#include "models/image/gray.h"

#include <algorithm>

#include "models/image/codec.h"
#include "models/image/codec_parts.h"

namespace imp::models {

GrayImage gray_of(const Image& image) {
  GrayImage gray{image.width, image.height, {}};
  gray.pixels.resize(image.pixels.size() / 3);
  for (std::size_t i = 0; i < gray.pixels.size(); ++i) {
    const std::uint8_t* const rgb = image.pixels.data() + 3 * i;
    gray.pixels[i] =
        static_cast<std::uint8_t>((rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 0x8000U) >> 16);
  }
  return gray;
}

GrayImage averaged(const GrayImage& image, int factor) {
  if (factor == 1) return image;
  GrayImage small{(image.width + factor - 1) / factor, (image.height + factor - 1) / factor, {}};
  small.pixels.reserve(static_cast<std::size_t>(small.width) * static_cast<std::size_t>(small.height));
  for (std::int32_t top = 0; top < image.height; top += factor) {
    const std::int32_t bottom = std::min(top + factor, image.height);
    for (std::int32_t left = 0; left < image.width; left += factor) {
      const std::int32_t right = std::min(left + factor, image.width);
      std::uint32_t sum = 0;
      for (std::int32_t y = top; y < bottom; ++y)
        for (std::int32_t x = left; x < right; ++x)
          sum += image.pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                              static_cast<std::size_t>(x)];
      const auto count = static_cast<std::uint32_t>((bottom - top) * (right - left));
      small.pixels.push_back(static_cast<std::uint8_t>((sum + count / 2) / count));
    }
  }
  return small;
}

int reduction_of(std::int64_t width, std::int64_t height, std::int64_t least_side) {
  int factor = 8;
  while (factor > 1 && std::min(width, height) < least_side * factor) factor /= 2;
  return factor;
}

GrayImage decode_reduced_gray(std::span<const std::byte> bytes, const std::string& where,
                              std::int64_t least_side) {
  if (is_jpeg(bytes)) return decode_jpeg_gray(bytes, where, least_side);
  const GrayImage gray = gray_of(decode_image(bytes, where));
  return averaged(gray, reduction_of(gray.width, gray.height, least_side));
}

GrayImage read_reduced_gray(const std::filesystem::path& path, std::int64_t least_side) {
  const std::string content = read_picture_file(path);
  return decode_reduced_gray(std::as_bytes(std::span(content)), path.string(), least_side);
}

}  // namespace imp::models
