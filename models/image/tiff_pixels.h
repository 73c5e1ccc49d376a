// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/image/to_rgb.h"

namespace imp::models {

/// What a pixel of a TIFF is made of, in the words and numbers of its tags.
struct TiffLayout {
  std::uint16_t photometric = 0;    ///< 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 inks, 6 YCbCr
  std::uint16_t bits = 1;           ///< of a sample
  std::uint16_t samples = 1;        ///< of a pixel, alpha and the like included
  std::uint16_t sample_format = 1;  ///< 1 unsigned, 2 signed, 3 floating point
  std::uint16_t extra_sample = 0;   ///< what stands behind the colours: 1 alpha that they are multiplied by
  bool is_big_endian = false;
  Palette palette{};
};

/// Makes RGB of `width` pixels whose samples stand side by side, in the machine's byte order.
using TiffRow = void (*)(const TiffLayout& layout, const std::uint8_t* row, std::size_t width,
                         std::uint8_t* rgb);

/// How Pillow's TiffImagePlugin (OPEN_INFO) and its convert("RGB") take such pixels; nullptr if they do not.
/// YCbCr counts as having a colour for each pixel.
[[nodiscard]] TiffRow find_tiff_row(const TiffLayout& layout);

}  // namespace imp::models
