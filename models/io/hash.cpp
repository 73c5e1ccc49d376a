// SPDX-License-Identifier: Apache-2.0
#include "models/io/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <vector>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp {
namespace fs = std::filesystem;

namespace {

std::string digits(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

/// Finalizer of SplitMix64 (Steele et al., 2014): a bijection whose output bits all depend on all input bits.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

}  // namespace

std::string content_hash(std::string_view bytes) {
  return digits(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string file_hash(const fs::path& path) {
  const MappedFile file(path);
  return digits(XXH3_128bits(file.bytes().data(), file.bytes().size()));
}

std::string directory_hash(const fs::path& path) {
  if (!fs::is_directory(path)) throw Error(path.string() + ": no such folder");
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files) {
    all += file.lexically_relative(path).generic_string() + '\0' + file_hash(file) + '\n';
  }
  return content_hash(all);
}

std::uint64_t counter_random(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
  return mix(mix(mix(seed + kGolden) + stream * kGolden + kGolden) + counter * kGolden + kGolden);
}

}  // namespace imp
