// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "models/image/image.h"

namespace imp::models {

/// Pictures of more pixels are refused, as Pillow does (2 x Image.MAX_IMAGE_PIXELS).
inline constexpr std::int64_t kLargestPicture = 178'956'970;

/// Decodes a JPEG, PNG, GIF, WebP, BMP or TIFF, told by its content and not by its name, as Pillow's
/// `Image.open(f).convert("RGB")`: the first frame; gray, palette, 16-bit and CMYK included; alpha is
/// dropped; a TIFF's orientation is applied and EXIF's in other formats is not. Throws imp::Error (usage)
/// beginning with `where` if the bytes are empty, something else (which it names), cut off, damaged, or of
/// more than kLargestPicture pixels.
[[nodiscard]] Image decode_image(std::span<const std::byte> bytes, const std::string& where);

/// Decodes a file. Throws as decode_image, naming the path, also for what is no regular file.
[[nodiscard]] Image read_image(const std::filesystem::path& path);

/// A JPEG without chroma subsampling (4:4:4). `quality` is 1 to 100. Throws imp::Error (usage) for an empty
/// picture.
[[nodiscard]] std::string encode_jpeg(const Image& image, int quality);

/// A PNG of 8-bit RGB. Throws imp::Error (usage) for an empty picture.
[[nodiscard]] std::string encode_png(const Image& image);

}  // namespace imp::models
