// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace imp::models {

/// The colour numbers of a BMP's runs (RLE8; RLE4 with `of_four_bits`), row after row, at most `most` of
/// them: fewer where the data end before. Runs do not cross the end of a row, and what is skipped has number
/// 0. `begins_odd`: the data begin at an odd place of the file, to whose even places literal stretches are
/// padded.
[[nodiscard]] std::vector<std::uint8_t> decode_bmp_runs(std::span<const std::uint8_t> data, bool begins_odd,
                                                        std::uint64_t width, std::size_t most,
                                                        bool of_four_bits);

}  // namespace imp::models
