// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <limits>

#include "models/io/error.h"
#include "models/io/hash.h"

namespace imp::harness {
namespace {

constexpr std::string_view kMagic = "imp-llava-index-2\n";

struct Header {
  std::array<char, 24> magic{};
  std::array<char, 72> samples{};
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  std::uint64_t rows = 0, picture_bytes = 0;
};

std::size_t padded(std::size_t size) {
  return (size + 7) / 8 * 8;
}

template <class T>
void append(std::string& bytes, const T* data, std::size_t count) {
  bytes.append(reinterpret_cast<const char*>(data), count * sizeof(T));
  bytes.resize(padded(bytes.size()));
}

Header header_of(const FileIdentity& identity, std::uint64_t rows, std::uint64_t picture_bytes) {
  Header header;
  std::copy(kMagic.begin(), kMagic.end(), header.magic.begin());
  std::copy_n(identity.samples.begin(), std::min(identity.samples.size(), header.samples.size()),
              header.samples.begin());
  header.size = identity.size;
  header.modified = identity.modified;
  header.rows = rows;
  header.picture_bytes = picture_bytes;
  return header;
}

}  // namespace

FileIdentity identity_of(const std::filesystem::path& file) {
  FileIdentity identity;
  std::error_code failed;
  identity.size = std::filesystem::file_size(file, failed);
  if (failed) throw Error(fmt::format("{}: cannot be read: {}", file.string(), failed.message()));
  identity.modified = std::chrono::duration_cast<std::chrono::nanoseconds>(
                          std::filesystem::last_write_time(file).time_since_epoch())
                          .count();
  constexpr std::uint64_t kSamples = 64, kStretch = 4096;
  std::string content = fmt::format("{}\n", identity.size);
  std::ifstream stream(file, std::ios::binary);
  std::string stretch(kStretch, '\0');
  const std::uint64_t last = identity.size > kStretch ? identity.size - kStretch : 0;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    stream.clear();
    stream.seekg(static_cast<std::streamoff>(last / (kSamples - 1) * i));
    stream.read(stretch.data(), static_cast<std::streamsize>(kStretch));
    content.append(stretch, 0, static_cast<std::size_t>(stream.gcount()));
  }
  identity.samples = content_hash(content);
  return identity;
}

std::string index_bytes(const LlavaIndex& index, const FileIdentity& identity) {
  std::string pictures;
  for (const std::string& name : index.pictures) pictures.append(name).push_back('\0');
  const Header header = header_of(identity, index.begins.size(), pictures.size());
  std::string bytes;
  append(bytes, &header, 1);
  append(bytes, index.begins.data(), index.begins.size());
  append(bytes, index.lengths.data(), index.lengths.size());
  append(bytes, index.words.data(), index.words.size());
  append(bytes, pictures.data(), pictures.size());
  return bytes;
}

bool view_index(std::string_view bytes, const FileIdentity& identity, IndexView& view) {
  Header header;
  if (bytes.size() < sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  const Header wanted = header_of(identity, header.rows, header.picture_bytes);
  if (std::memcmp(&header, &wanted, sizeof header) != 0) return false;
  if (header.rows > bytes.size() || header.picture_bytes > bytes.size()) return false;
  const std::size_t words = padded(header.rows * sizeof(std::uint32_t));
  const std::size_t begins = padded(sizeof header), lengths = begins + header.rows * sizeof(std::uint64_t);
  if (lengths + 2 * words + padded(header.picture_bytes) != bytes.size()) return false;
  view.rows = static_cast<std::int64_t>(header.rows);
  view.begins = reinterpret_cast<const std::uint64_t*>(bytes.data() + begins);
  view.lengths = reinterpret_cast<const std::uint32_t*>(bytes.data() + lengths);
  view.words = reinterpret_cast<const std::int32_t*>(bytes.data() + lengths + words);
  view.pictures = bytes.substr(lengths + 2 * words, header.picture_bytes);
  return true;
}

}  // namespace imp::harness
