// SPDX-License-Identifier: Apache-2.0
#include "harness/data/file_places.h"

#include <algorithm>
#include <fstream>
#include <string>

#include "models/io/error.h"

namespace imp::harness {

std::vector<FilePlace> places_in(const std::filesystem::path& file,
                                 const std::vector<std::uint64_t>& offsets) {
  std::vector<FilePlace> places;
  if (offsets.empty()) return places;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(file.string() + ": cannot be read");
  std::string chunk(std::size_t{1} << 20, '\0');
  std::uint64_t base = 0, lines = 0, line_begin = 0;
  while (places.size() < offsets.size()) {
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto got = static_cast<std::size_t>(stream.gcount());
    std::size_t reached = 0;
    // An offset at the end of the file is a place too.
    while (places.size() < offsets.size() && (offsets[places.size()] < base + got || got == 0)) {
      const auto end = static_cast<std::size_t>(std::min<std::uint64_t>(offsets[places.size()] - base, got));
      for (; reached < end; ++reached) {
        if (chunk[reached] != '\n') continue;
        ++lines;
        line_begin = base + reached + 1;
      }
      places.push_back({lines + 1, offsets[places.size()] - line_begin + 1});
    }
    for (; reached < got; ++reached) {
      if (chunk[reached] != '\n') continue;
      ++lines;
      line_begin = base + reached + 1;
    }
    base += got;
  }
  return places;
}

}  // namespace imp::harness
