// SPDX-License-Identifier: Apache-2.0
#include "models/image/tiff_pixels.h"

#include <algorithm>
#include <cstring>

namespace imp::models {
namespace {

enum Photometric : std::uint16_t {
  kWhiteIsZero = 0,
  kBlackIsZero = 1,
  kRgb = 2,
  kPalette = 3,
  kInks = 5,
  kYCbCr = 6
};
enum SampleFormat : std::uint16_t { kUnsigned = 1, kSigned = 2, kFloat = 3 };
constexpr std::uint16_t kMultipliedAlpha = 1;

template <class Number>
Number number_at(const std::uint8_t* row, std::size_t i) {
  Number value;
  std::memcpy(&value, row + i * sizeof value, sizeof value);
  return value;
}

/// The `i`-th number of at most 8 bits, the first in the highest bits of its byte.
std::uint32_t small_number(const std::uint8_t* row, std::size_t i, std::uint32_t bits) {
  const std::size_t bit = i * bits;
  return row[bit / 8] >> (8 - bits - bit % 8) & ((1U << bits) - 1);
}

/// The upper byte of a sample of 8 or 16 bits.
std::uint8_t upper_byte(const TiffLayout& layout, const std::uint8_t* row, std::size_t i) {
  return layout.bits == 8 ? row[i] : static_cast<std::uint8_t>(number_at<std::uint16_t>(row, i) >> 8);
}

/// One level a pixel; `level(i)` of its first sample.
template <class Level>
void put_gray(const TiffLayout& layout, std::size_t width, std::uint8_t* rgb, Level level) {
  for (std::size_t x = 0; x < width; ++x) std::fill_n(rgb + 3 * x, 3, level(x * layout.samples));
}

void put_small_gray(const TiffLayout& layout, const std::uint8_t* row, std::size_t width, std::uint8_t* rgb) {
  const std::uint32_t most = (1U << layout.bits) - 1;
  put_gray(layout, width, rgb, [&](std::size_t i) {
    const std::uint32_t level = small_number(row, i, layout.bits) * (255 / most);
    return static_cast<std::uint8_t>(layout.photometric == kWhiteIsZero ? 255 - level : level);
  });
}

void put_gray_of_12_bits(const TiffLayout& layout, const std::uint8_t* row, std::size_t width,
                         std::uint8_t* rgb) {
  put_gray(layout, width, rgb, [&](std::size_t i) {
    const std::uint8_t* pair = row + i / 2 * 3;
    return clip_to_byte(i % 2 == 0 ? pair[0] << 4 | pair[1] >> 4 : (pair[1] & 15) << 8 | pair[2]);
  });
}

template <class Number>
void put_clipped_gray(const TiffLayout& layout, const std::uint8_t* row, std::size_t width,
                      std::uint8_t* rgb) {
  put_gray(layout, width, rgb, [&](std::size_t i) { return clip_to_byte(number_at<Number>(row, i)); });
}

void put_float_gray(const TiffLayout& layout, const std::uint8_t* row, std::size_t width, std::uint8_t* rgb) {
  put_gray(layout, width, rgb, [&](std::size_t i) {
    const auto level = number_at<float>(row, i);
    return static_cast<std::uint8_t>(level > 0 ? std::min(level, 255.0F) : 0.0F);  // 0 for what is no number
  });
}

void put_palette(const TiffLayout& layout, const std::uint8_t* row, std::size_t width, std::uint8_t* rgb) {
  for (std::size_t x = 0; x < width; ++x)
    std::copy_n(layout.palette[small_number(row, x * layout.samples, layout.bits)].begin(), 3, rgb + 3 * x);
}

void put_rgb(const TiffLayout& layout, const std::uint8_t* row, std::size_t width, std::uint8_t* rgb) {
  const bool is_multiplied = layout.samples > 3 && layout.extra_sample == kMultipliedAlpha;
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t first = x * layout.samples;
    const int alpha = is_multiplied ? upper_byte(layout, row, first + 3) : 255;
    for (std::size_t c = 0; c < 3; ++c) {
      const int level = upper_byte(layout, row, first + c);
      rgb[3 * x + c] = alpha == 0 ? 0 : clip_to_byte(level * 255 / alpha);
    }
  }
}

void put_inks(const TiffLayout& layout, const std::uint8_t* row, std::size_t width, std::uint8_t* rgb) {
  for (std::size_t x = 0; x < width; ++x) {
    std::array<std::uint8_t, 4> cmyk{};
    for (std::size_t c = 0; c < 4; ++c) cmyk[c] = upper_byte(layout, row, x * layout.samples + c);
    put_rgb_of_cmyk(cmyk, rgb + 3 * x);
  }
}

/// libImaging/ConvertYCbCr.c: the factors of JFIF with 6 bits behind the point.
void put_ycbcr(const TiffLayout& layout, const std::uint8_t* row, std::size_t width, std::uint8_t* rgb) {
  const auto scaled = [](double factor, int level) {
    return static_cast<int>(factor * 64 * (level - 128) + 0.5);
  };
  for (std::size_t x = 0; x < width; ++x, rgb += 3) {
    const std::uint8_t* pixel = row + x * layout.samples;
    const int luminance = pixel[0], blue = pixel[1], red = pixel[2];
    rgb[0] = clip_to_byte(luminance + (scaled(1.402, red) >> 6));
    rgb[1] = clip_to_byte(luminance + ((scaled(-0.34414, blue) + scaled(-0.71414, red)) >> 6));
    rgb[2] = clip_to_byte(luminance + (scaled(1.772, blue) >> 6));
  }
}

bool is_power_up_to_8(std::uint16_t bits) {
  return bits == 1 || bits == 2 || bits == 4 || bits == 8;
}

/// Numbers above 8 bits count from black, whatever the tag says: Pillow takes them as they are, and refuses
/// most of those that count from white.
TiffRow find_gray_row(const TiffLayout& layout) {
  const bool from_black = layout.photometric != kWhiteIsZero;
  if (layout.sample_format == kFloat) return layout.bits == 32 ? put_float_gray : nullptr;
  const bool is_signed = layout.sample_format == kSigned;
  if (is_signed && !from_black) return nullptr;
  if (is_power_up_to_8(layout.bits)) return is_signed && layout.bits != 8 ? nullptr : put_small_gray;
  if (layout.bits == 12 && from_black && !is_signed) return put_gray_of_12_bits;
  if (layout.bits == 16 && is_signed) return put_clipped_gray<std::int16_t>;
  if (layout.bits == 16 && (from_black || !layout.is_big_endian)) return put_clipped_gray<std::uint16_t>;
  return layout.bits == 32 && from_black ? put_clipped_gray<std::int32_t> : nullptr;
}

}  // namespace

TiffRow find_tiff_row(const TiffLayout& layout) {
  const bool has_bytes = layout.sample_format == kUnsigned && (layout.bits == 8 || layout.bits == 16);
  switch (layout.photometric) {
    case kWhiteIsZero:
    case kBlackIsZero:
      return layout.samples == 1 || layout.bits == 8 ? find_gray_row(layout) : nullptr;
    case kRgb:
      return has_bytes && layout.samples >= 3 ? put_rgb : nullptr;
    case kPalette:
      return is_power_up_to_8(layout.bits) && (layout.samples == 1 || layout.bits == 8) ? put_palette
                                                                                        : nullptr;
    case kInks:
      return has_bytes && layout.samples >= 4 ? put_inks : nullptr;
    case kYCbCr:
      return has_bytes && layout.bits == 8 && layout.samples >= 3 ? put_ycbcr : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace imp::models
