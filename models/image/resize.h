// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "models/image/image.h"

namespace imp::models {

/// Pillow's resampling filters, by Pillow's numbers ("resample" of preprocessor_config.json).
enum class Filter { lanczos = 1, bilinear = 2, bicubic = 3, box = 4, hamming = 5 };

/// Resizes bit for bit as Pillow 13's `Image.resize((width, height), filter)` (src/libImaging/Resample.c):
/// antialiased separable filter, weights of 22 fractional bits, horizontal pass first unless the height
/// shrinks by more than twice what the width does, rounded to 8 bits between the passes. (Before version 13
/// the horizontal pass always came first: a tall picture may differ there by one level.) Throws imp::Error
/// (usage) if a side is not positive.
[[nodiscard]] Image resize(const Image& image, std::int32_t width, std::int32_t height, Filter filter);

/// A part of a picture.
struct Region {
  std::int32_t left = 0, top = 0, width = 0, height = 0;
};

/// Takes row `y` of the region, RGB.
using TakeRow = std::function<void(std::int32_t y, const std::uint8_t* row)>;

/// Makes only a region of what `resize` would make, equal in every byte, and hands its rows over from top to
/// bottom: what is cut away costs nothing and no picture is stored. Throws as resize, or if the region is not
/// inside of the resized picture.
void resize_region(const Image& image, std::int32_t width, std::int32_t height, Filter filter,
                   const Region& region, const TakeRow& take);

/// The region that center_crop covers, which may be larger than the picture.
[[nodiscard]] Region center_region(std::int32_t width, std::int32_t height, std::int32_t wanted_width,
                                   std::int32_t wanted_height);

/// The middle of a picture; what it does not cover is black (transformers: center_crop).
[[nodiscard]] Image center_crop(const Image& image, std::int32_t width, std::int32_t height);

/// The picture in the middle of a square of one colour (LLaVA: expand2square).
[[nodiscard]] Image expand_to_square(const Image& image, const std::uint8_t (&color)[3]);

}  // namespace imp::models
