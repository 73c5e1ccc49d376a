// SPDX-License-Identifier: Apache-2.0
#include "models/image/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/image/resample_kernels.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

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
          static_cast<std::int32_t>((value < 0 ? -0.5 : 0.5) + value * (1 << kWeightBits)));
    }
  }
  return weights;
}

PixelRows rows_of(const Image& image) {
  return {image.pixels.data(), image.width, image.height};
}

Image resize_rows(const Image& image, std::int32_t width, Filter filter) {
  const Weights weights = weights_of(image.width, width, filter);
  Image result = blank_image(width, image.height);
  RowPass(weights).run(rows_of(image), result.pixels.data());
  return result;
}

Image resize_columns(const Image& image, std::int32_t height, Filter filter) {
  const Weights weights = weights_of(image.height, height, filter);
  Image result = blank_image(image.width, height);
  resample_columns(rows_of(image), 0, weights, 0, weights.windows.size(), result.pixels.data());
  return result;
}

/// Windows [begin, begin + count) alone.
Weights part_of(const Weights& weights, std::int32_t begin, std::int32_t count) {
  const auto first = weights.windows.begin() + begin;
  return {{first, first + count}, weights.values};
}

/// Rows first, then columns, a strip of output rows at a time, so that what lies between stays in the cache.
void resize_strips(const Image& image, const Weights& across, const Weights& down, const TakeRow& take) {
  constexpr std::size_t kStrip = 16;
  const RowPass rows(across);
  const std::size_t in_stride = std::size_t{3} * static_cast<std::size_t>(image.width);
  const auto width = static_cast<std::int32_t>(across.windows.size());
  const std::size_t stride = std::size_t{3} * across.windows.size();
  std::vector<std::uint8_t> made(kStrip * stride), strip;  // strip: narrowed rows [first, next)
  std::int32_t first = down.windows.front().first, next = first;
  for (std::size_t y = 0; y < down.windows.size(); y += kStrip) {
    const std::size_t end = std::min(y + kStrip, down.windows.size());
    const Window& last = down.windows[end - 1];
    const std::int32_t begin = std::min(down.windows[y].first, next);
    const std::int32_t wanted = std::max(last.first + last.count, next);
    strip.erase(strip.begin(), strip.begin() + static_cast<std::ptrdiff_t>(stride) * (begin - first));
    first = begin;
    strip.resize(stride * static_cast<std::size_t>(wanted - first));
    rows.run({image.pixels.data() + in_stride * static_cast<std::size_t>(next), image.width, wanted - next},
             strip.data() + stride * static_cast<std::size_t>(next - first));
    next = wanted;
    resample_columns({strip.data(), width, next - first}, first, down, y, end, made.data());
    for (std::size_t i = y; i < end; ++i) take(static_cast<std::int32_t>(i), made.data() + (i - y) * stride);
  }
}

/// Since version 13 Pillow takes the columns first where the height shrinks by more than twice what the width
/// does.
bool columns_first(const Image& image, std::int32_t width, std::int32_t height) {
  const std::int64_t shorter = std::int64_t{image.height} - height,
                     narrower = std::int64_t{image.width} - width;
  return shorter > 0 && shorter > 2 * narrower;
}

void check_sides(const Image& image, std::int32_t width, std::int32_t height) {
  if (width > 0 && height > 0 && image.width > 0 && image.height > 0) return;
  throw Error(fmt::format("resize: cannot make {} x {} of {} x {}; all sides must be positive", width, height,
                          image.width, image.height));
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
  check_sides(image, width, height);
  if (columns_first(image, width, height)) {
    const Image low = resize_columns(image, height, filter);
    return width == image.width ? low : resize_rows(low, width, filter);
  }
  if (width == image.width) return height == image.height ? image : resize_columns(image, height, filter);
  if (height == image.height) return resize_rows(image, width, filter);
  Image result = blank_image(width, height);
  const std::size_t stride = std::size_t{3} * static_cast<std::size_t>(width);
  resize_strips(image, weights_of(image.width, width, filter), weights_of(image.height, height, filter),
                [&](std::int32_t y, const std::uint8_t* row) {
                  std::copy_n(row, stride, result.pixels.data() + stride * static_cast<std::size_t>(y));
                });
  return result;
}

void resize_region(const Image& image, std::int32_t width, std::int32_t height, Filter filter,
                   const Region& region, const TakeRow& take) {
  check_sides(image, width, height);
  if (region.left < 0 || region.top < 0 || region.width < 1 || region.height < 1 ||
      region.left > width - region.width || region.top > height - region.height) {
    throw Error(fmt::format("resize: the region {} x {} at ({}, {}) is not inside of {} x {}", region.width,
                            region.height, region.left, region.top, width, height));
  }
  if (width != image.width && height != image.height && !columns_first(image, width, height)) {
    return resize_strips(image, part_of(weights_of(image.width, width, filter), region.left, region.width),
                         part_of(weights_of(image.height, height, filter), region.top, region.height), take);
  }
  const Image whole = resize(image, width, height, filter);
  for (std::int32_t y = 0; y < region.height; ++y) {
    const std::size_t pixel = static_cast<std::size_t>(region.top + y) * static_cast<std::size_t>(width) +
                              static_cast<std::size_t>(region.left);
    take(y, whole.pixels.data() + 3 * pixel);
  }
}

Region center_region(std::int32_t width, std::int32_t height, std::int32_t wanted_width,
                     std::int32_t wanted_height) {
  return {-offset_of(width, wanted_width), -offset_of(height, wanted_height), wanted_width, wanted_height};
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
