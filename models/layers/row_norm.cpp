// SPDX-License-Identifier: Apache-2.0
#include "models/layers/row_norm.h"

#include <cmath>

#include "models/layers/cpu_kernels.h"
#include "models/layers/vector_math.h"

namespace imp::models {
namespace {

/// Sum over a row of x - shift, or of its square.
template <bool SQUARED, typename V>
[[gnu::always_inline]] inline float sum_over(const float* x, int64_t hidden, float shift) {
  V sums = {};
  int64_t i = 0;
  for (; i + kLanes<V> <= hidden; i += kLanes<V>) {
    V value;
    load(value, x + i);
    value -= shift;
    if constexpr (SQUARED) value *= value;
    sums += value;
  }
  float sum = sum_of(sums);
  for (; i < hidden; ++i) sum += SQUARED ? (x[i] - shift) * (x[i] - shift) : x[i] - shift;
  return sum;
}

/// y <- (x - shift) * scale * weight + bias.
template <bool BIASED, typename V>
[[gnu::always_inline]] inline void scale_row(const RowNorm& norm, const float* x, float shift, float scale,
                                             float* y) {
  int64_t i = 0;
  for (; i + kLanes<V> <= norm.hidden; i += kLanes<V>) {
    V value, weight;
    load(value, x + i);
    load(weight, norm.weight + i);
    value = (value - shift) * scale * weight;
    if constexpr (BIASED) {
      V bias;
      load(bias, norm.bias + i);
      value += bias;
    }
    store(y + i, value);
  }
  for (; i < norm.hidden; ++i)
    y[i] = (x[i] - shift) * scale * norm.weight[i] + (BIASED ? norm.bias[i] : 0.0F);
}

template <bool CENTERED, int BYTES>
[[gnu::always_inline]] inline void norm_rows(const RowNorm& norm, const float* x, int64_t rows, float* y) {
  using V = typename Vector<BYTES>::Type;
  const auto count = static_cast<float>(norm.hidden);
  for (int64_t row = 0; row < rows; ++row, x += norm.hidden, y += norm.hidden) {
    const float mean = CENTERED ? sum_over<false, V>(x, norm.hidden, 0.0F) / count : 0.0F;
    const float variance = sum_over<true, V>(x, norm.hidden, mean) / count;
    const float scale = 1.0F / std::sqrt(variance + static_cast<float>(norm.eps));
    scale_row<CENTERED, V>(norm, x, mean, scale, y);
  }
}

using NormRows = void (*)(const RowNorm& norm, const float* x, int64_t rows, float* y);

template <bool CENTERED>
[[gnu::target("avx512f,fma")]] void norm_avx512(const RowNorm& norm, const float* x, int64_t rows, float* y) {
  norm_rows<CENTERED, 64>(norm, x, rows, y);
}

template <bool CENTERED>
[[gnu::target("avx2,fma")]] void norm_avx2(const RowNorm& norm, const float* x, int64_t rows, float* y) {
  norm_rows<CENTERED, 32>(norm, x, rows, y);
}

template <bool CENTERED>
void norm_portable(const RowNorm& norm, const float* x, int64_t rows, float* y) {
  norm_rows<CENTERED, 16>(norm, x, rows, y);
}

}  // namespace

void layer_norm_rows(const RowNorm& norm, const float* x, int64_t rows, float* y) {
  static const NormRows fastest =
      fastest_of<NormRows>(norm_avx512<true>, norm_avx2<true>, norm_portable<true>);
  fastest(norm, x, rows, y);
}

void rms_norm_rows(const RowNorm& norm, const float* x, int64_t rows, float* y) {
  static const NormRows fastest =
      fastest_of<NormRows>(norm_avx512<false>, norm_avx2<false>, norm_portable<false>);
  fastest(norm, x, rows, y);
}

}  // namespace imp::models
