// SPDX-License-Identifier: Apache-2.0
#include "models/layers/packed_linear.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace imp::models {
namespace {

constexpr int64_t kPanel = 32;  ///< outputs that are computed together

/// A panel's weights with the rows that go through it.
struct Panel {
  const float* weight;  ///< [in, kPanel]
  const float* bias;    ///< [kPanel]
  int64_t in;
  int64_t out_stride;
};

template <int BYTES>
struct Vector {
  typedef float Type __attribute__((vector_size(BYTES)));
};

/// ROWS rows by VECTORS vectors of outputs, all sums in registers.
template <int ROWS, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void tile(const float* x, const Panel& panel, int64_t column, float* y) {
  using V = typename Vector<BYTES>::Type;
  constexpr int64_t kLanes = BYTES / 4;
  V sums[ROWS][VECTORS];
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) std::memcpy(&sums[r][v], panel.bias + column + v * kLanes, BYTES);
  }
  for (int64_t i = 0; i < panel.in; ++i) {
    V w[VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v)
      std::memcpy(&w[v], panel.weight + i * kPanel + column + v * kLanes, BYTES);
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; ++r) {
      const float factor = x[r * panel.in + i];
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; ++v) sums[r][v] += factor * w[v];
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v)
      std::memcpy(y + r * panel.out_stride + column + v * kLanes, &sums[r][v], BYTES);
  }
}

template <int ROWS, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void across(const float* x, const Panel& panel, float* y) {
  for (int64_t column = 0; column < kPanel; column += VECTORS * BYTES / 4)
    tile<ROWS, VECTORS, BYTES>(x, panel, column, y);
}

/// All rows through one panel: MOST rows at a time, then what is left.
template <int MOST, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void down(const float* x, int64_t rows, const Panel& panel, float* y) {
  int64_t row = 0;
  for (; row + MOST <= rows; row += MOST)
    across<MOST, VECTORS, BYTES>(x + row * panel.in, panel, y + row * panel.out_stride);
  for (; row + 4 <= rows; row += 4)
    across<4, VECTORS, BYTES>(x + row * panel.in, panel, y + row * panel.out_stride);
  for (; row < rows; ++row) across<1, VECTORS, BYTES>(x + row * panel.in, panel, y + row * panel.out_stride);
}

using DownPanel = void (*)(const float* x, int64_t rows, const Panel& panel, float* y);

[[gnu::target("avx512f,fma")]] void down_avx512(const float* x, int64_t rows, const Panel& panel, float* y) {
  down<14, 2, 64>(x, rows, panel, y);
}

[[gnu::target("avx2,fma")]] void down_avx2(const float* x, int64_t rows, const Panel& panel, float* y) {
  down<6, 2, 32>(x, rows, panel, y);
}

void down_any(const float* x, int64_t rows, const Panel& panel, float* y) {
  down<4, 2, 16>(x, rows, panel, y);
}

DownPanel fastest() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) return down_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return down_avx2;
  return down_any;
}

}  // namespace

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias)
    : in_(weight.size(1)), out_(weight.size(0)) {
  const int64_t panels = (out_ + kPanel - 1) / kPanel;
  at::Tensor padded = at::zeros({panels * kPanel, in_});
  padded.slice(0, 0, out_).copy_(weight);
  panels_ = padded.view({panels, kPanel, in_}).transpose(1, 2).contiguous();
  bias_ = at::zeros({panels * kPanel});
  if (bias.defined()) bias_.slice(0, 0, out_).copy_(bias);
}

at::Tensor PackedLinear::forward(const at::Tensor& x) const {
  static const DownPanel down_panel = fastest();
  const at::Tensor from = x.contiguous();
  const int64_t rows = from.size(0);
  at::Tensor to = at::empty({rows, out_}, x.options());
  const float* const weights = panels_.const_data_ptr<float>();
  const float* const input = from.const_data_ptr<float>();
  float* const output = to.mutable_data_ptr<float>();
  for (int64_t p = 0; p < panels_.size(0); ++p) {
    Panel panel{weights + p * in_ * kPanel, bias_.const_data_ptr<float>() + p * kPanel, in_, out_};
    const int64_t wanted = std::min(kPanel, out_ - p * kPanel);
    if (wanted == kPanel) {
      down_panel(input, rows, panel, output + p * kPanel);
      continue;
    }
    panel.out_stride = kPanel;  // the last panel is wider than what is left of the output
    const at::Tensor whole = at::empty({rows, kPanel}, x.options());
    down_panel(input, rows, panel, whole.mutable_data_ptr<float>());
    to.slice(1, p * kPanel).copy_(whole.slice(1, 0, wanted));
  }
  return to;
}

}  // namespace imp::models
