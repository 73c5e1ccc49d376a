// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace imp::harness {

/// Where a byte of a text file stands, both from 1; columns count bytes.
struct FilePlace {
  std::uint64_t line = 1, column = 1;
};

/// Places of bytes, given by their offsets in rising order. Reads the file up to the last one. Throws
/// imp::Error (usage) if it cannot be read.
[[nodiscard]] std::vector<FilePlace> places_in(const std::filesystem::path& file,
                                               const std::vector<std::uint64_t>& offsets);

}  // namespace imp::harness
