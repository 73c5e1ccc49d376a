// SPDX-License-Identifier: Apache-2.0
#include "models/image/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "models/image/codec_parts.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

template <std::size_t N>
bool begins_with(std::span<const std::byte> bytes, const std::array<unsigned char, N>& signature) {
  return bytes.size() >= N && std::equal(signature.begin(), signature.end(), bytes.begin(),
                                         [](unsigned char a, std::byte b) { return std::byte{a} == b; });
}

constexpr std::array<unsigned char, 2> kJpeg{0xff, 0xd8};
constexpr std::array<unsigned char, 8> kPng{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

}  // namespace

void check_picture_size(std::uint64_t width, std::uint64_t height, const std::string& where) {
  if (width == 0 || height == 0)
    throw Error(fmt::format("{}: the picture has {} x {} pixels", where, width, height));
  if (width * height <= static_cast<std::uint64_t>(kLargestPicture)) return;
  throw Error(
      fmt::format("{}: the picture has {} x {} pixels; at most {} are read, lest it be a decompression bomb",
                  where, width, height, kLargestPicture));
}

Image decode_image(std::span<const std::byte> bytes, const std::string& where) {
  if (bytes.empty()) throw Error(where + ": is empty (0 bytes); a JPEG or PNG picture is needed");
  if (begins_with(bytes, kJpeg)) return decode_jpeg(bytes, where);
  if (begins_with(bytes, kPng)) return decode_png(bytes, where);
  throw Error(where + ": is neither JPEG nor PNG; convert it to one of them");
}

Image read_image(const std::filesystem::path& path) {
  const std::string content = read_file(path);
  return decode_image(std::as_bytes(std::span(content)), path.string());
}

}  // namespace imp::models
