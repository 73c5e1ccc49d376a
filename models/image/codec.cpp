// SPDX-License-Identifier: Apache-2.0
#include "models/image/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "models/image/codec_parts.h"
#include "models/image/file_kind.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

using namespace std::string_view_literals;

struct Format {
  std::string_view signature;
  Image (*decode)(std::span<const std::byte> bytes, const std::string& where);
};

constexpr std::string_view kJpegSignature = "\xff\xd8\xff"sv;

constexpr std::array kFormats{
    Format{kJpegSignature, decode_jpeg}, Format{"\x89PNG\r\n\x1a\n"sv, decode_png},
    Format{"GIF87a"sv, decode_gif},      Format{"GIF89a"sv, decode_gif},
    Format{"BM"sv, decode_bmp},          Format{"II*\0"sv, decode_tiff},  // and with 64-bit places:
    Format{"II+\0"sv, decode_tiff},      Format{"MM\0*"sv, decode_tiff},
    Format{"MM\0+"sv, decode_tiff},
};

bool is_webp(std::string_view content) {
  return content.starts_with("RIFF") && content.size() >= 12 && content.substr(8).starts_with("WEBP");
}

}  // namespace

void check_picture_size(std::uint64_t width, std::uint64_t height, const std::string& where) {
  if (width == 0 || height == 0)
    throw Error(fmt::format("{}: the picture has {} x {} pixels", where, width, height));
  if (width <= static_cast<std::uint64_t>(kLargestPicture) / height) return;
  throw Error(
      fmt::format("{}: the picture has {} x {} pixels; at most {} are read, lest it be a decompression bomb",
                  where, width, height, kLargestPicture));
}

Image decode_image(std::span<const std::byte> bytes, const std::string& where) {
  const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (bytes.empty())
    throw Error(where + ": is empty (0 bytes); a JPEG, PNG, GIF, WebP, BMP or TIFF is needed");
  for (const Format& format : kFormats)
    if (content.starts_with(format.signature)) return format.decode(bytes, where);
  if (is_webp(content)) return decode_webp(bytes, where);
  throw Error(where + ": " + what_it_is_instead(bytes));
}

bool is_jpeg(std::span<const std::byte> bytes) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())
      .starts_with(kJpegSignature);
}

std::string read_picture_file(const std::filesystem::path& path) {
  std::error_code ignored;  // read_file names it
  if (std::filesystem::is_directory(path, ignored))
    throw Error(path.string() + ": is a folder; a picture is needed");
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
    throw Error(path.string() + ": is no regular file; a picture is needed");
  return read_file(path);
}

Image read_image(const std::filesystem::path& path) {
  const std::string content = read_picture_file(path);
  return decode_image(std::as_bytes(std::span(content)), path.string());
}

}  // namespace imp::models
