// SPDX-License-Identifier: Apache-2.0
#include "models/image/image_processor.h"

#include <algorithm>

namespace imp::models {

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

PixelValues ImageProcessor::process(const Image& image) const {
  Image changed;
  const Image* current = &image;
  if (config_.do_resize) {
    std::int32_t width = config_.size.width, height = config_.size.height;
    if (const std::int32_t edge = config_.size.shortest_edge; edge > 0) {
      const std::int32_t shorter = std::min(image.width, image.height),
                         longer = std::max(image.width, image.height);
      const auto other =
          static_cast<std::int32_t>(static_cast<double>(std::int64_t{edge} * longer) / shorter);
      width = image.width <= image.height ? edge : other;
      height = image.width <= image.height ? other : edge;
    }
    changed = resize(*current, width, height, config_.filter);
    current = &changed;
  }
  if (config_.do_center_crop) {
    changed = center_crop(*current, config_.crop_width, config_.crop_height);
    current = &changed;
  }
  PixelValues result{current->height, current->width, {}};
  const std::size_t count = current->pixels.size() / 3;
  result.values.resize(current->pixels.size());
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::array<float, 256>& levels = levels_[channel];
    float* out = result.values.data() + channel * count;
    const std::uint8_t* in = current->pixels.data() + channel;
    for (std::size_t i = 0; i < count; ++i) out[i] = levels[in[i * 3]];
  }
  return result;
}

PixelValues ImageProcessor::process_padded(const Image& image) const {
  std::uint8_t color[3];
  for (std::size_t i = 0; i < 3; ++i) color[i] = static_cast<std::uint8_t>(255 * config_.mean[i]);
  return process(expand_to_square(image, color));
}

}  // namespace imp::models
