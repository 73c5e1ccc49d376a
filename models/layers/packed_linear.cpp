// SPDX-License-Identifier: Apache-2.0
#include "models/layers/packed_linear.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "models/layers/vector_math.h"

namespace imp::models {
namespace {

constexpr int64_t kPanel = 32;  ///< outputs that are computed together

/// Rows that go through one panel of the weights.
struct Job {
  const float* weight;  ///< [in, kPanel]
  const float* bias;    ///< [kPanel]
  int64_t in;
  int64_t wanted;       ///< columns of the panel that are outputs
  const float* x;       ///< [rows, in]
  float* y;             ///< [rows, stride], at the panel's first column
  const float* addend;  ///< as y; nullptr: none
  int64_t rows;
  int64_t stride;
  std::optional<Activation> activation;
};

template <int BYTES>
struct Vector {
  using Type [[gnu::vector_size(BYTES)]] = float;
};

/// ROWS rows by VECTORS vectors of outputs, all sums in registers.
template <int ROWS, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void tile(const Job& job, const float* x, int64_t column, float* y,
                                        int64_t stride) {
  using V = typename Vector<BYTES>::Type;
  constexpr int64_t kWidth = BYTES / 4;
  V sums[ROWS][VECTORS];
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) std::memcpy(&sums[r][v], job.bias + column + v * kWidth, BYTES);
  }
  for (int64_t i = 0; i < job.in; ++i) {
    V w[VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v)
      std::memcpy(&w[v], job.weight + i * kPanel + column + v * kWidth, BYTES);
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; ++r) {
      const float factor = x[r * job.in + i];
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; ++v) sums[r][v] += factor * w[v];
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) std::memcpy(y + r * stride + column + v * kWidth, &sums[r][v], BYTES);
  }
}

[[gnu::always_inline]] inline void activate_lanes(Floats& x, Activation activation) {
  switch (activation) {
    case Activation::gelu:
      gelu_erf(x);
      break;
    case Activation::gelu_tanh:
      gelu_tanh(x);
      break;
    case Activation::quick_gelu:
      times_logistic(x, x * 1.702F);
      break;
    case Activation::silu:
      times_logistic(x, x);
      break;
  }
}

/// What comes after the sums: `rows` rows from `first` on, whose sums lie at `sums` [rows, sums_stride].
[[gnu::always_inline]] inline void finish(const Job& job, const float* sums, int64_t sums_stride,
                                          int64_t first, int64_t rows) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t place = (first + r) * job.stride;
    for (int64_t column = 0; column < job.wanted; column += kLanes) {
      const int64_t lanes = std::min(kLanes, job.wanted - column);
      Floats value, more;
      load(value, sums + r * sums_stride + column);
      if (job.activation) activate_lanes(value, *job.activation);
      if (job.addend != nullptr) {
        load_some(more, job.addend + place + column, lanes);
        value += more;
      }
      store_some(job.y + place + column, value, lanes);
    }
  }
}

/// `count` rows from `first` on, at most MOST, in one tile.
template <int MOST, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void across(const Job& job, int64_t first, int64_t count, float* sums,
                                          int64_t stride) {
  if (count == MOST) {
    for (int64_t column = 0; column < kPanel; column += VECTORS * BYTES / 4)
      tile<MOST, VECTORS, BYTES>(job, job.x + first * job.in, column, sums, stride);
  } else if constexpr (MOST > 1) {
    across<MOST - 1, VECTORS, BYTES>(job, first, count, sums, stride);
  }
}

/// All rows through one panel, in tiles of MOST rows or somewhat fewer, as equal as they come: a tile of very
/// few rows waits for its sums.
template <int MOST, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void down(const Job& job) {
  const bool fits = job.wanted == kPanel;  // else the panel is wider than what is left of the output
  const bool finished = fits && !job.activation && job.addend == nullptr;
  float narrow[MOST * kPanel];
  const int64_t tiles = (job.rows + MOST - 1) / MOST;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t begin = job.rows * t / tiles, count = job.rows * (t + 1) / tiles - begin;
    float* const sums = fits ? job.y + begin * job.stride : narrow;
    const int64_t stride = fits ? job.stride : kPanel;
    across<MOST, VECTORS, BYTES>(job, begin, count, sums, stride);
    if (!finished) finish(job, sums, stride, begin, count);
  }
}

using Down = void (*)(const Job& job);

[[gnu::target("avx512f,fma")]] void down_avx512(const Job& job) {
  down<14, 2, 64>(job);
}

[[gnu::target("avx2,fma")]] void down_avx2(const Job& job) {
  down<6, 2, 32>(job);
}

void down_portable(const Job& job) {
  down<4, 2, 16>(job);
}

/// Rows whose inputs take a part of the second cache: they go through all panels before the next ones do.
int64_t rows_at_once(int64_t in) {
  constexpr int64_t kFloats = 64 * 1024, kTile = 14;
  return std::max<int64_t>(1, kFloats / in / kTile) * kTile;
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

at::Tensor PackedLinear::forward(const at::Tensor& x, std::optional<Activation> activation,
                                 const at::Tensor& addend) const {
  static const Down down_panel = fastest_of(down_avx512, down_avx2, down_portable);
  const at::Tensor from = x.contiguous();
  const at::Tensor added = addend.defined() ? addend.contiguous() : addend;
  const int64_t rows = from.size(0), at_once = rows_at_once(in_);
  at::Tensor to = at::empty({rows, out_}, x.options());
  for (int64_t row = 0; row < rows; row += at_once) {
    for (int64_t p = 0; p < panels_.size(0); ++p) {
      const int64_t place = row * out_ + p * kPanel;
      down_panel({panels_.const_data_ptr<float>() + p * in_ * kPanel,
                  bias_.const_data_ptr<float>() + p * kPanel, in_, std::min(kPanel, out_ - p * kPanel),
                  from.const_data_ptr<float>() + row * in_, to.mutable_data_ptr<float>() + place,
                  added.defined() ? added.const_data_ptr<float>() + place : nullptr,
                  std::min(at_once, rows - row), out_, activation});
    }
  }
  return to;
}

}  // namespace imp::models
