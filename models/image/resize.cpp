// SPDX-License-Identifier: Apache-2.0
#include "models/image/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/io/error.h"

namespace imp::models {
namespace {

/// 32 bits less 8 of the pixel and 2 of room (Resample.c: PRECISION_BITS).
constexpr int kPrecisionBits = 22;

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

/// Keys' cubic convolution with a = -0.5.
double bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0.0;
}

double hamming(double x) {
  x = std::fabs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= std::numbers::pi;
  return std::sin(x) / x * (0.54F + 0.46F * std::cos(x));
}

double weight_at(Filter filter, double x) {
  switch (filter) {
    case Filter::lanczos:
      return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
    case Filter::bilinear:
      return std::max(0.0, 1.0 - std::fabs(x));
    case Filter::bicubic:
      return bicubic(x);
    case Filter::box:
      return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
    case Filter::hamming:
      return hamming(x);
  }
  return 0.0;
}

double support_of(Filter filter) {
  switch (filter) {
    case Filter::lanczos:
      return 3.0;
    case Filter::bicubic:
      return 2.0;
    case Filter::box:
      return 0.5;
    case Filter::bilinear:
    case Filter::hamming:
      return 1.0;
  }
  return 1.0;
}

/// The weights that make one output pixel: of input pixels `first`, `first + 1`, ...
struct Window {
  std::int32_t first = 0, count = 0;
  std::size_t offset = 0;  ///< of its first weight
};

struct Weights {
  std::vector<Window> windows;
  std::vector<std::int32_t> values;
};

/// Resample.c: precompute_coeffs and normalize_coeffs_8bpc.
Weights weights_of(std::int32_t from, std::int32_t to, Filter filter) {
  Weights weights;
  const double scale = static_cast<double>(from) / to;
  const double filter_scale = std::max(scale, 1.0);
  const double support = support_of(filter) * filter_scale;
  std::vector<double> raw;
  for (std::int32_t out = 0; out < to; ++out) {
    const double center = (out + 0.5) * scale;
    const std::int32_t first = std::max(static_cast<std::int32_t>(center - support + 0.5), 0);
    const std::int32_t last = std::min(static_cast<std::int32_t>(center + support + 0.5), from);
    raw.clear();
    double sum = 0.0;
    for (std::int32_t x = 0; x < last - first; ++x) {
      raw.push_back(weight_at(filter, (x + first - center + 0.5) * (1.0 / filter_scale)));
      sum += raw.back();
    }
    weights.windows.push_back({first, last - first, weights.values.size()});
    for (double value : raw) {
      if (sum != 0.0) value /= sum;
      weights.values.push_back(
          static_cast<std::int32_t>((value < 0 ? -0.5 : 0.5) + value * (1 << kPrecisionBits)));
    }
  }
  return weights;
}

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

Image resize_rows(const Image& image, std::int32_t width, Filter filter) {
  const Weights weights = weights_of(image.width, width, filter);
  Image result = blank_image(width, image.height);
  std::uint8_t* out = result.pixels.data();
  for (std::int32_t y = 0; y < image.height; ++y) {
    const std::uint8_t* row = image.pixels.data() + std::size_t{3} * static_cast<std::size_t>(y) *
                                                        static_cast<std::size_t>(image.width);
    for (const Window& window : weights.windows) {
      std::int32_t red = 1 << (kPrecisionBits - 1), green = red, blue = red;
      const std::uint8_t* in = row + std::size_t{3} * static_cast<std::size_t>(window.first);
      const std::int32_t* weight = weights.values.data() + window.offset;
      for (std::int32_t i = 0; i < window.count; ++i, in += 3) {
        red += in[0] * weight[i];
        green += in[1] * weight[i];
        blue += in[2] * weight[i];
      }
      *out++ = to_byte(red);
      *out++ = to_byte(green);
      *out++ = to_byte(blue);
    }
  }
  return result;
}

Image resize_columns(const Image& image, std::int32_t height, Filter filter) {
  const Weights weights = weights_of(image.height, height, filter);
  Image result = blank_image(image.width, height);
  const std::size_t stride = std::size_t{3} * static_cast<std::size_t>(image.width);
  std::vector<std::int32_t> sums(stride);
  std::uint8_t* out = result.pixels.data();
  for (const Window& window : weights.windows) {
    std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
    for (std::int32_t i = 0; i < window.count; ++i) {
      const std::uint8_t* in = image.pixels.data() + stride * static_cast<std::size_t>(window.first + i);
      const std::int32_t weight = weights.values[window.offset + static_cast<std::size_t>(i)];
      for (std::size_t x = 0; x < stride; ++x) sums[x] += in[x] * weight;
    }
    for (std::size_t x = 0; x < stride; ++x) out[x] = to_byte(sums[x]);
    out += stride;
  }
  return result;
}

/// Copies what fits of `from`, its top left corner at (left, top) of `to`.
void paste(const Image& from, Image& to, std::int32_t left, std::int32_t top) {
  const std::int32_t begin = std::max(0, -left);
  const std::int32_t end = std::min(from.width, to.width - left);
  if (begin >= end) return;
  for (std::int32_t y = std::max(0, -top); y < std::min(from.height, to.height - top); ++y) {
    const auto source = std::ptrdiff_t{3} * (static_cast<std::ptrdiff_t>(y) * from.width + begin);
    const auto target = std::ptrdiff_t{3} * (static_cast<std::ptrdiff_t>(y + top) * to.width + begin + left);
    std::copy_n(from.pixels.begin() + source, std::ptrdiff_t{3} * (end - begin), to.pixels.begin() + target);
  }
}

/// Where transformers' center_crop puts the picture's edge: half of what is cut is rounded down, half of what
/// is padded up.
std::int32_t offset_of(std::int32_t size, std::int32_t wanted) {
  return size >= wanted ? -((size - wanted) / 2) : (wanted - size + 1) / 2;
}

}  // namespace

Image resize(const Image& image, std::int32_t width, std::int32_t height, Filter filter) {
  if (width <= 0 || height <= 0 || image.width <= 0 || image.height <= 0) {
    throw Error(fmt::format("resize: cannot make {} x {} of {} x {}; all sides must be positive", width,
                            height, image.width, image.height));
  }
  // Since version 13 Pillow takes the columns first where the height shrinks by more than twice what the
  // width does.
  const std::int64_t shorter = std::int64_t{image.height} - height,
                     narrower = std::int64_t{image.width} - width;
  if (shorter > 0 && shorter > 2 * narrower) {
    const Image low = resize_columns(image, height, filter);
    return width == image.width ? low : resize_rows(low, width, filter);
  }
  if (width == image.width) return height == image.height ? image : resize_columns(image, height, filter);
  const Image narrow = resize_rows(image, width, filter);
  return height == image.height ? narrow : resize_columns(narrow, height, filter);
}

Image center_crop(const Image& image, std::int32_t width, std::int32_t height) {
  Image result = blank_image(width, height);
  paste(image, result, offset_of(image.width, width), offset_of(image.height, height));
  return result;
}

Image expand_to_square(const Image& image, const std::uint8_t (&color)[3]) {
  if (image.width == image.height) return image;
  const std::int32_t side = std::max(image.width, image.height);
  Image result = blank_image(side, side);
  for (std::size_t i = 0; i < result.pixels.size(); ++i) result.pixels[i] = color[i % 3];
  paste(image, result, (side - image.width) / 2, (side - image.height) / 2);
  return result;
}

}  // namespace imp::models
