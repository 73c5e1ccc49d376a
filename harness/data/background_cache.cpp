// SPDX-License-Identifier: Apache-2.0
#include "harness/data/background_cache.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <string>

#include "harness/data/thumbnail.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::harness {
namespace {

constexpr int kCacheVersion = 1;

std::string cache_name(std::span<const PackagedFile> files, int short_side) {
  std::string identity = fmt::format("{} {}\n", kCacheVersion, short_side);
  for (const PackagedFile& file : files) {
    const std::filesystem::path path(file.path);
    identity += fmt::format("{} {} {}\n", file.path, std::filesystem::file_size(path),
                            std::filesystem::last_write_time(path).time_since_epoch().count());
  }
  return fmt::format("backgrounds-{}.bin", content_hash(identity));
}

/// Layout: hash of the rest (32 characters), then for each picture width and height (int32) and its pixels.
std::string pack(const std::vector<models::Image>& pictures) {
  std::string body;
  for (const models::Image& picture : pictures) {
    const std::int32_t sides[2] = {picture.width, picture.height};
    body.append(reinterpret_cast<const char*>(sides), sizeof sides);
    body.append(reinterpret_cast<const char*>(picture.pixels.data()), picture.pixels.size());
  }
  return content_hash(body) + body;
}

std::optional<std::vector<models::Image>> unpack(std::string_view bytes, std::size_t count) {
  if (bytes.size() < 32 || content_hash(bytes.substr(32)) != bytes.substr(0, 32)) return std::nullopt;
  bytes.remove_prefix(32);
  std::vector<models::Image> pictures(count);
  for (models::Image& picture : pictures) {
    std::int32_t sides[2];
    if (bytes.size() < sizeof sides) return std::nullopt;
    std::memcpy(sides, bytes.data(), sizeof sides);
    bytes.remove_prefix(sizeof sides);
    const std::size_t length = static_cast<std::size_t>(sides[0]) * static_cast<std::size_t>(sides[1]) * 3;
    if (bytes.size() < length) return std::nullopt;
    picture.width = sides[0];
    picture.height = sides[1];
    const auto* pixels = reinterpret_cast<const std::uint8_t*>(bytes.data());
    picture.pixels.assign(pixels, pixels + length);
    bytes.remove_prefix(length);
  }
  return pictures;
}

}  // namespace

std::vector<models::Image> load_thumbnails(std::span<const PackagedFile> files, int short_side,
                                           const std::filesystem::path& cache_folder) {
  const std::filesystem::path cache =
      cache_folder.empty() ? std::filesystem::path() : cache_folder / cache_name(files, short_side);
  if (std::error_code ignored; !cache.empty() && std::filesystem::is_regular_file(cache, ignored)) {
    if (auto pictures = unpack(read_file(cache), files.size())) return std::move(*pictures);
  }
  std::vector<models::Image> pictures;
  for (const PackagedFile& file : files) pictures.push_back(decode_thumbnail(file.path, short_side));
  if (!cache.empty()) {
    try {
      write_file_atomically(cache, pack(pictures));
    } catch (const Error&) {
      // The cache only saves time: a home folder that cannot be written is no reason to fail.
    }
  }
  return pictures;
}

}  // namespace imp::harness
