// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "models/image/image.h"
#include "models/image/resize.h"

namespace imp::models {

/// What a vision tower is fed: float32 [3, height, width], row-major.
struct PixelValues {
  std::int32_t height = 0, width = 0;
  std::vector<float> values;
};

/// The size a picture is brought to: both sides, or the shorter one with the aspect kept.
struct ResizeTarget {
  std::int32_t height = 0, width = 0;
  std::int32_t shortest_edge = 0;  ///< 0 where height and width count
};

/// The settings of preprocessor_config.json.
struct ImageProcessorConfig {
  bool pad_to_square = false;  ///< first of all, with the colour int(255 * mean)
  bool do_resize = true, do_center_crop = false, do_rescale = true, do_normalize = true;
  ResizeTarget size;
  std::int32_t crop_height = 0, crop_width = 0;
  Filter filter = Filter::bicubic;
  double rescale_factor = 1.0 / 255.0;
  std::array<double, 3> mean{0.5, 0.5, 0.5}, standard_deviation{0.5, 0.5, 0.5};
};

/// Pictures to pixel values, equal in every bit to transformers' processor with the Pillow backend.
class ImageProcessor {
 public:
  explicit ImageProcessor(const ImageProcessorConfig& config);

  /// Reads the image_processor of processor_config.json (transformers 5) or else preprocessor_config.json, of
  /// the classes in image_processor_keys.h, by their tables. Where no type is given the model_type of
  /// config.json says which. Throws imp::Error (usage) naming file and key.
  [[nodiscard]] static ImageProcessor load(const std::filesystem::path& directory);

  [[nodiscard]] PixelValues process(const Image& image) const;
  /// First pads to a square of the colour int(255 * mean) (LLaVA-1.5, stage 2).
  [[nodiscard]] PixelValues process_padded(const Image& image) const;
  [[nodiscard]] const ImageProcessorConfig& config() const { return config_; }

 private:
  [[nodiscard]] PixelValues process_as_is(const Image& image) const;
  [[nodiscard]] PixelValues process_whole(const Image& image) const;
  void put_row(PixelValues& result, std::int32_t y, const std::uint8_t* row) const;

  ImageProcessorConfig config_;
  std::array<std::array<float, 256>, 3> levels_{};  ///< the value of each channel's byte
};

}  // namespace imp::models
