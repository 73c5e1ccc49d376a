// SPDX-License-Identifier: Apache-2.0
// Pillow's passes by 16-bit multiply-and-add. A weight of 24 bits is cut in two, weight = high * 2^11 + low,
// so that both sums are exact and give the same 32 bits together.
#include <algorithm>
#include <array>
#include <cstring>

#include "models/image/resample_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace imp::models {
namespace {

constexpr int kLowBits = 11;

/// Two weights as one 32-bit lane of 16-bit halves, for _mm256_madd_epi16.
struct WeightPair {
  std::int32_t high, low;
};

WeightPair pair_of(std::int32_t first, std::int32_t second) {
  const auto joined = [](std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(a) & 0xffffU) | static_cast<std::uint32_t>(b)
                                                                                     << 16);
  };
  constexpr std::int32_t kMask = (1 << kLowBits) - 1;
  return {joined(first >> kLowBits, second >> kLowBits), joined(first & kMask, second & kMask)};
}

/// Sums to bytes: joined, rounded, shifted, and clipped by the saturating packs that follow.
__attribute__((target("avx2"))) inline __m256i joined_sums(__m256i high, __m256i low) {
  const __m256i half = _mm256_set1_epi32(1 << (kWeightBits - 1));
  const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(high, kLowBits), low), half);
  return _mm256_srai_epi32(sum, kWeightBits);
}

/// Two registers whose halves hold sums over different input pixels become one: the first's sums, the
/// second's.
__attribute__((target("avx2"))) inline __m256i halves(__m256i a, __m256i b) {
  return _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
}

/// How many bytes behind a row RowPass::four_rows may read: 16 where the last of four pixels has but one in
/// the row.
constexpr std::size_t kReadsPast = 13;

/// Sixteen bytes of an output row.
__attribute__((target("avx2"))) inline void sixteen_columns(const std::uint8_t* in, std::size_t stride,
                                                            const std::vector<WeightPair>& pairs,
                                                            std::int32_t count, std::uint8_t* out) {
  __m256i high[2], low[2];
  for (int i = 0; i < 2; ++i) high[i] = low[i] = _mm256_setzero_si256();
  for (std::size_t i = 0; i < pairs.size(); ++i, in += 2 * stride) {
    const __m128i above = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
    // The last of an odd number of rows has no partner; its weight is 0, so any row does.
    const bool alone = static_cast<std::int32_t>(2 * i) + 1 == count;
    const __m128i below = _mm_loadu_si128(reinterpret_cast<const __m128i*>(alone ? in : in + stride));
    const __m256i left = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(above, below));
    const __m256i right = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(above, below));
    const __m256i weight_high = _mm256_set1_epi32(pairs[i].high),
                  weight_low = _mm256_set1_epi32(pairs[i].low);
    high[0] = _mm256_add_epi32(high[0], _mm256_madd_epi16(left, weight_high));
    low[0] = _mm256_add_epi32(low[0], _mm256_madd_epi16(left, weight_low));
    high[1] = _mm256_add_epi32(high[1], _mm256_madd_epi16(right, weight_high));
    low[1] = _mm256_add_epi32(low[1], _mm256_madd_epi16(right, weight_low));
  }
  const __m256i words = _mm256_permute4x64_epi64(
      _mm256_packs_epi32(joined_sums(high[0], low[0]), joined_sums(high[1], low[1])), 0xd8);
  const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0xd8);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(bytes));
}

}  // namespace

void RowPass::plan_avx2() {
  for (const Window& window : weights_.windows) {
    const auto weight = [&](std::int32_t i) {
      return i < window.count ? weights_.values[window.offset + static_cast<std::size_t>(i)] : 0;
    };
    steps_.push_back(static_cast<std::size_t>(window.count + 3) / 4);
    for (std::int32_t i = 0; i < window.count; i += 4) {
      const WeightPair front = pair_of(weight(i), weight(i + 1)),
                       back = pair_of(weight(i + 2), weight(i + 3));
      FourWeights& four = fours_.emplace_back();
      for (std::size_t lane = 0; lane < 8; ++lane) {
        four.high[lane] = lane < 4 ? front.high : back.high;
        four.low[lane] = lane < 4 ? front.low : back.low;
      }
    }
  }
}

/// Four rows at once; 16 bytes are read where a group of four pixels begins.
__attribute__((target("avx2"))) void RowPass::four_rows(const std::array<const std::uint8_t*, 4>& rows,
                                                        const std::array<std::uint8_t*, 4>& out) const {
  // Bytes of pixels 0 and 1 (2 and 3) as 16-bit pairs: red red, green green, blue blue.
  const __m256i pairs = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                                         6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  const FourWeights* weights = fours_.data();
  for (std::size_t x = 0; x < steps_.size(); ++x) {
    __m256i high[4], low[4];
    for (int r = 0; r < 4; ++r) high[r] = low[r] = _mm256_setzero_si256();
    std::size_t place = std::size_t{3} * static_cast<std::size_t>(weights_.windows[x].first);
    for (std::size_t step = 0; step < steps_[x]; ++step, place += 12, ++weights) {
      const __m256i weight_high = _mm256_load_si256(reinterpret_cast<const __m256i*>(weights->high.data()));
      const __m256i weight_low = _mm256_load_si256(reinterpret_cast<const __m256i*>(weights->low.data()));
      for (std::size_t r = 0; r < 4; ++r) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[r] + place));
        const __m256i pixels = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), pairs);
        high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(pixels, weight_high));
        low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(pixels, weight_low));
      }
    }
    const __m256i upper = joined_sums(halves(high[0], high[1]), halves(low[0], low[1]));
    const __m256i lower = joined_sums(halves(high[2], high[3]), halves(low[2], low[3]));
    const __m256i words = _mm256_packs_epi32(upper, lower);  // rows 0, 2 | rows 1, 3
    const __m256i bytes = _mm256_packus_epi16(words, words);
    const auto even = static_cast<std::uint64_t>(_mm256_extract_epi64(bytes, 0));
    const auto odd = static_cast<std::uint64_t>(_mm256_extract_epi64(bytes, 2));
    const std::array<std::uint32_t, 4> pixels{
        static_cast<std::uint32_t>(even), static_cast<std::uint32_t>(odd),
        static_cast<std::uint32_t>(even >> 32), static_cast<std::uint32_t>(odd >> 32)};
    const bool last = x + 1 == steps_.size();
    for (std::size_t r = 0; r < 4; ++r) {
      if (last) {
        std::memcpy(out[r] + x * 3, &pixels[r], 3);
      } else {
        std::memcpy(out[r] + x * 3, &pixels[r], 4);  // the next pixel overwrites the fourth byte
      }
    }
  }
}

void RowPass::run_avx2(const PixelRows& in, std::uint8_t* out) const {
  const std::size_t stride = std::size_t{3} * static_cast<std::size_t>(in.width);
  const std::size_t out_stride = std::size_t{3} * weights_.windows.size();
  const std::size_t size = stride * static_cast<std::size_t>(in.height);
  std::vector<std::uint8_t> copies;  // with room behind, of the rows that end the picture
  for (std::int32_t y = 0; y < in.height; y += 4) {
    const std::int32_t count = std::min(4, in.height - y);
    std::array<const std::uint8_t*, 4> rows{};
    std::array<std::uint8_t*, 4> results{};
    const bool at_end = stride * static_cast<std::size_t>(y + count) + kReadsPast > size;
    if (at_end) copies.resize(4 * (stride + kReadsPast));
    for (std::int32_t r = 0; r < 4; ++r) {
      const auto i = static_cast<std::size_t>(r), row = static_cast<std::size_t>(y + std::min(r, count - 1));
      rows[i] = in.data + row * stride;
      results[i] = out + row * out_stride;
      if (!at_end) continue;
      std::uint8_t* copy = copies.data() + i * (stride + kReadsPast);
      std::copy_n(rows[i], stride, copy);
      rows[i] = copy;
    }
    four_rows(rows, results);
  }
}

void resample_columns_avx2(const PixelRows& in, std::int32_t first_row, const Weights& weights,
                           std::size_t begin, std::size_t end, std::uint8_t* out) {
  const std::size_t stride = std::size_t{3} * static_cast<std::size_t>(in.width);
  std::vector<WeightPair> pairs;
  for (std::size_t y = begin; y < end; ++y, out += stride) {
    const Window& window = weights.windows[y];
    pairs.clear();
    for (std::int32_t i = 0; i < window.count; i += 2) {
      const std::int32_t* weight = weights.values.data() + window.offset + i;
      pairs.push_back(pair_of(weight[0], i + 1 < window.count ? weight[1] : 0));
    }
    const std::uint8_t* first = in.data + stride * static_cast<std::size_t>(window.first - first_row);
    for (std::size_t x = 0; x + 16 <= stride; x += 16)
      sixteen_columns(first + x, stride, pairs, window.count, out + x);
    sixteen_columns(first + stride - 16, stride, pairs, window.count, out + stride - 16);
  }
}

}  // namespace imp::models

#else

// Never called where use_avx2() is false.
namespace imp::models {

void RowPass::plan_avx2() {}
void RowPass::run_avx2(const PixelRows&, std::uint8_t*) const {}
void resample_columns_avx2(const PixelRows&, std::int32_t, const Weights&, std::size_t, std::size_t,
                           std::uint8_t*) {}

}  // namespace imp::models

#endif
