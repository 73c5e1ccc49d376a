// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "models/image/gray.h"
#include "models/image/image.h"

namespace imp::models {

/// The decoders behind decode_image, for bytes that begin as their format does.
[[nodiscard]] Image decode_bmp(std::span<const std::byte> bytes, const std::string& where);
[[nodiscard]] Image decode_gif(std::span<const std::byte> bytes, const std::string& where);
[[nodiscard]] Image decode_jpeg(std::span<const std::byte> bytes, const std::string& where);
[[nodiscard]] Image decode_png(std::span<const std::byte> bytes, const std::string& where);
[[nodiscard]] Image decode_tiff(std::span<const std::byte> bytes, const std::string& where);
[[nodiscard]] Image decode_webp(std::span<const std::byte> bytes, const std::string& where);

/// A JPEG's luminance at a fraction of its size: decode_reduced_gray.
[[nodiscard]] GrayImage decode_jpeg_gray(std::span<const std::byte> bytes, const std::string& where,
                                         std::int64_t least_side);
[[nodiscard]] bool is_jpeg(std::span<const std::byte> bytes);

/// A picture file's bytes. Throws imp::Error (usage) for what is no regular file or cannot be read.
[[nodiscard]] std::string read_picture_file(const std::filesystem::path& path);

/// Throws imp::Error (usage) for a picture without pixels or with too many.
void check_picture_size(std::uint64_t width, std::uint64_t height, const std::string& where);

}  // namespace imp::models
