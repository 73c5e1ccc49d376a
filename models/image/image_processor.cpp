// SPDX-License-Identifier: Apache-2.0
#include "models/image/image_processor.h"

#include <algorithm>
#include <utility>

namespace imp::models {
namespace {

/// Width and height that a picture is brought to.
std::pair<std::int32_t, std::int32_t> resized(const Image& image, const ResizeTarget& size) {
  const std::int32_t edge = size.shortest_edge;
  if (edge <= 0) return {size.width, size.height};
  const std::int32_t shorter = std::min(image.width, image.height),
                     longer = std::max(image.width, image.height);
  const auto other = static_cast<std::int32_t>(static_cast<double>(std::int64_t{edge} * longer) / shorter);
  return image.width <= image.height ? std::pair(edge, other) : std::pair(other, edge);
}

PixelValues blank_values(std::int32_t width, std::int32_t height) {
  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  return {height, width, std::vector<float>(3 * count)};
}

}  // namespace

ImageProcessor::ImageProcessor(const ImageProcessorConfig& config) : config_(config) {
  // transformers scales in float64 and rounds to float32, then normalizes in float32 (image_transforms.py).
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      auto value = static_cast<float>(byte);
      if (config_.do_rescale) value = static_cast<float>(static_cast<double>(byte) * config_.rescale_factor);
      if (config_.do_normalize) {
        value = (value - static_cast<float>(config_.mean[channel])) /
                static_cast<float>(config_.standard_deviation[channel]);
      }
      levels_[channel][byte] = value;
    }
  }
}

void ImageProcessor::put_row(PixelValues& result, std::int32_t y, const std::uint8_t* row) const {
  const auto width = static_cast<std::size_t>(result.width);
  const std::size_t plane = width * static_cast<std::size_t>(result.height);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::array<float, 256>& levels = levels_[channel];
    float* out = result.values.data() + channel * plane + static_cast<std::size_t>(y) * width;
    for (std::size_t x = 0; x < width; ++x) out[x] = levels[row[x * 3 + channel]];
  }
}

PixelValues ImageProcessor::process_whole(const Image& image) const {
  PixelValues result = blank_values(image.width, image.height);
  for (std::int32_t y = 0; y < image.height; ++y) {
    put_row(result, y,
            image.pixels.data() +
                std::size_t{3} * static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width));
  }
  return result;
}

PixelValues ImageProcessor::process(const Image& image) const {
  return config_.pad_to_square ? process_padded(image) : process_as_is(image);
}

PixelValues ImageProcessor::process_as_is(const Image& image) const {
  const auto cropped = [&](const Image& picture) {
    return process_whole(center_crop(picture, config_.crop_width, config_.crop_height));
  };
  if (!config_.do_resize) return config_.do_center_crop ? cropped(image) : process_whole(image);
  const auto [width, height] = resized(image, config_.size);
  Region region{0, 0, width, height};
  if (config_.do_center_crop) {
    region = center_region(width, height, config_.crop_width, config_.crop_height);
    if (region.left < 0 || region.top < 0) return cropped(resize(image, width, height, config_.filter));
  }
  PixelValues result = blank_values(region.width, region.height);
  resize_region(image, width, height, config_.filter, region,
                [&](std::int32_t y, const std::uint8_t* row) { put_row(result, y, row); });
  return result;
}

PixelValues ImageProcessor::process_padded(const Image& image) const {
  std::uint8_t color[3];
  for (std::size_t i = 0; i < 3; ++i) color[i] = static_cast<std::uint8_t>(255 * config_.mean[i]);
  return process_as_is(expand_to_square(image, color));
}

}  // namespace imp::models
