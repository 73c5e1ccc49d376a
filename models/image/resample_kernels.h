// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace imp::models {

/// Weights have 22 fractional bits: 32 less 8 of the pixel and 2 of room (Pillow, Resample.c:
/// PRECISION_BITS).
inline constexpr int kWeightBits = 22;

/// The weights that make one output pixel: of input pixels `first`, `first + 1`, ...
struct Window {
  std::int32_t first = 0, count = 0;
  std::size_t offset = 0;  ///< of its first weight
};

struct Weights {
  std::vector<Window> windows;
  std::vector<std::int32_t> values;
};

/// A stretch of rows of RGB bytes.
struct PixelRows {
  const std::uint8_t* data;
  std::int32_t width, height;
};

/// Pillow's horizontal pass: makes every row of `windows.size()` pixels out of the row of `in`.
class RowPass {
 public:
  /// Takes the fastest way the processor knows; all give the same bytes. The weights must outlive it.
  explicit RowPass(const Weights& weights);
  void run(const PixelRows& in, std::uint8_t* out) const;

 private:
  /// Weights of four input pixels: of pixels 0 and 1 for the lower half of a register, 2 and 3 for the upper.
  struct alignas(32) FourWeights {
    std::array<std::int32_t, 8> high, low;
  };

  void run_plain(const PixelRows& in, std::uint8_t* out) const;
  void run_avx2(const PixelRows& in, std::uint8_t* out) const;
  void four_rows(const std::array<const std::uint8_t*, 4>& rows,
                 const std::array<std::uint8_t*, 4>& out) const;
  void plan_avx2();

  const Weights& weights_;
  bool avx2_;
  std::vector<FourWeights> fours_;
  std::vector<std::size_t> steps_;  ///< groups of four pixels of each window
};

/// Pillow's vertical pass: makes the rows of windows [begin, end) out of `in`, whose first row is row
/// `first_row` of the picture that the windows count in.
void resample_columns(const PixelRows& in, std::int32_t first_row, const Weights& weights, std::size_t begin,
                      std::size_t end, std::uint8_t* out);

/// Whether the processor has AVX2 and the environment does not forbid it (IMP_PLAIN_RESIZE=1, for tests).
[[nodiscard]] bool use_avx2();

/// resample_columns by AVX2. Rows must have at least 16 bytes.
void resample_columns_avx2(const PixelRows& in, std::int32_t first_row, const Weights& weights,
                           std::size_t begin, std::size_t end, std::uint8_t* out);

}  // namespace imp::models
