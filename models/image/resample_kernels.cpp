// SPDX-License-Identifier: Apache-2.0
#include "models/image/resample_kernels.h"

#include <algorithm>
#include <cstdlib>

namespace imp::models {
namespace {

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

bool processor_has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

}  // namespace

bool use_avx2() {
  static const bool kUse = std::getenv("IMP_PLAIN_RESIZE") == nullptr && processor_has_avx2();
  return kUse;
}

RowPass::RowPass(const Weights& weights) : weights_(weights), avx2_(use_avx2()) {
  if (avx2_) plan_avx2();
}

void RowPass::run(const PixelRows& in, std::uint8_t* out) const {
  if (avx2_) {
    run_avx2(in, out);
  } else {
    run_plain(in, out);
  }
}

void RowPass::run_plain(const PixelRows& in, std::uint8_t* out) const {
  const std::size_t stride = std::size_t{3} * static_cast<std::size_t>(in.width);
  for (std::int32_t y = 0; y < in.height; ++y) {
    const std::uint8_t* row = in.data + stride * static_cast<std::size_t>(y);
    for (const Window& window : weights_.windows) {
      std::int32_t red = 1 << (kWeightBits - 1), green = red, blue = red;
      const std::uint8_t* pixel = row + std::size_t{3} * static_cast<std::size_t>(window.first);
      const std::int32_t* weight = weights_.values.data() + window.offset;
      for (std::int32_t i = 0; i < window.count; ++i, pixel += 3) {
        red += pixel[0] * weight[i];
        green += pixel[1] * weight[i];
        blue += pixel[2] * weight[i];
      }
      *out++ = to_byte(red);
      *out++ = to_byte(green);
      *out++ = to_byte(blue);
    }
  }
}

void resample_columns(const PixelRows& in, std::int32_t first_row, const Weights& weights, std::size_t begin,
                      std::size_t end, std::uint8_t* out) {
  const std::size_t stride = std::size_t{3} * static_cast<std::size_t>(in.width);
  if (stride >= 16 && use_avx2()) return resample_columns_avx2(in, first_row, weights, begin, end, out);
  std::vector<std::int32_t> sums(stride);
  for (std::size_t y = begin; y < end; ++y, out += stride) {
    const Window& window = weights.windows[y];
    std::fill(sums.begin(), sums.end(), 1 << (kWeightBits - 1));
    for (std::int32_t i = 0; i < window.count; ++i) {
      const std::uint8_t* row = in.data + stride * static_cast<std::size_t>(window.first - first_row + i);
      const std::int32_t weight = weights.values[window.offset + static_cast<std::size_t>(i)];
      for (std::size_t x = 0; x < stride; ++x) sums[x] += row[x] * weight;
    }
    for (std::size_t x = 0; x < stride; ++x) out[x] = to_byte(sums[x]);
  }
}

}  // namespace imp::models
