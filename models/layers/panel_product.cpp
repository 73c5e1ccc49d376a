// SPDX-License-Identifier: Apache-2.0
#include "models/layers/panel_product.h"

#include <algorithm>

#include "models/layers/cpu_kernels.h"
#include "models/layers/vector_math.h"

namespace imp::models {
namespace {

constexpr int64_t kLine = 16;  ///< floats of a cache line

/// Neighbouring rows whose sums are in registers at the same time.
struct Tile {
  const float* x;        ///< [rows, job.x_stride]
  const float* x_ahead;  ///< the next tile's, to be fetched meanwhile; nullptr: not needed
  float* sums;           ///< [rows, stride]
  const float* addend;   ///< as sums; nullptr: none
  int64_t stride;
};

/// Asks for the lines that the tile will be written to, and for those added to it, while it is computed.
template <int ROWS>
[[gnu::always_inline]] inline void fetch_outputs(const Tile& tile) {
  for (int r = 0; r < ROWS; ++r) {
    for (int64_t column = 0; column < kPanel; column += kLine) {
      __builtin_prefetch(tile.sums + r * tile.stride + column, 1);
      if (tile.addend != nullptr) __builtin_prefetch(tile.addend + r * tile.stride + column);
    }
  }
}

/// ROWS rows by VECTORS vectors of outputs from `column` on, all sums in registers.
template <int ROWS, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void compute(const PanelRows& job, const Tile& tile, int64_t column) {
  using V = typename Vector<BYTES>::Type;
  constexpr int64_t kWidth = kLanes<V>;
  V sums[ROWS][VECTORS];
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) load(sums[r][v], job.bias + column + v * kWidth);
  }
  for (int64_t begin = 0; begin < job.in; begin += kLine) {
    if (tile.x_ahead != nullptr) {
#pragma GCC unroll 16
      for (int r = 0; r < ROWS; ++r) __builtin_prefetch(tile.x_ahead + r * job.x_stride + begin);
    }
    const int64_t end = std::min(begin + kLine, job.in);
    for (int64_t i = begin; i < end; ++i) {
      V w[VECTORS];
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; ++v) load(w[v], job.weight + i * kPanel + column + v * kWidth);
#pragma GCC unroll 16
      for (int r = 0; r < ROWS; ++r) {
        const float factor = tile.x[r * job.x_stride + i];
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; ++v) sums[r][v] += factor * w[v];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t place = r * tile.stride + column + v * kWidth;
      V more = {};
      if (tile.addend != nullptr) load(more, tile.addend + place);
      store(tile.sums + place, sums[r][v] + more);
    }
  }
}

/// Activates the sums [rows, stride] of a tile.
template <Activation ACTIVATION, int BYTES>
[[gnu::always_inline]] inline void activate_as(float* sums, int64_t rows, int64_t stride) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t column = 0; column < kPanel; column += BYTES / 4) {
      typename Vector<BYTES>::Type x;
      load(x, sums + r * stride + column);
      if constexpr (ACTIVATION == Activation::gelu) gelu_erf(x);
      if constexpr (ACTIVATION == Activation::gelu_tanh) gelu_tanh(x);
      if constexpr (ACTIVATION == Activation::quick_gelu) times_logistic(x, 1.702F);
      if constexpr (ACTIVATION == Activation::silu) times_logistic(x, 1.0F);
      store(sums + r * stride + column, x);
    }
  }
}

template <int BYTES>
[[gnu::always_inline]] inline void activate_tile(Activation activation, float* sums, int64_t rows,
                                                 int64_t stride) {
  switch (activation) {
    case Activation::gelu:
      return activate_as<Activation::gelu, BYTES>(sums, rows, stride);
    case Activation::gelu_tanh:
      return activate_as<Activation::gelu_tanh, BYTES>(sums, rows, stride);
    case Activation::quick_gelu:
      return activate_as<Activation::quick_gelu, BYTES>(sums, rows, stride);
    case Activation::silu:
      return activate_as<Activation::silu, BYTES>(sums, rows, stride);
    default:
      return;  // none of those that PanelRows may ask for
  }
}

/// Adds the addend's rows from `first` on to the sums [rows, stride] of a tile, and puts them to the
/// output's.
template <int BYTES>
[[gnu::always_inline]] inline void put(const PanelRows& job, const float* sums, int64_t stride, int64_t first,
                                       int64_t rows) {
  using V = typename Vector<BYTES>::Type;
  for (int64_t r = 0; r < rows; ++r, sums += stride) {
    float* const y = job.y + (first + r) * job.stride;
    const float* const addend = job.addend == nullptr ? nullptr : job.addend + (first + r) * job.stride;
    int64_t column = 0;
    for (; column + kLanes<V> <= job.wanted; column += kLanes<V>) {
      V value, more = {};
      load(value, sums + column);
      if (addend != nullptr) load(more, addend + column);
      store(y + column, value + more);
    }
    for (; column < job.wanted; ++column)
      y[column] = sums[column] + (addend == nullptr ? 0.0F : addend[column]);
  }
}

/// `count` rows, at most MOST, in one tile.
template <int MOST, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void across(const PanelRows& job, const Tile& tile, int64_t count) {
  if (count == MOST) {
    fetch_outputs<MOST>(tile);
    for (int64_t column = 0; column < kPanel; column += VECTORS * BYTES / 4)
      compute<MOST, VECTORS, BYTES>(job, tile, column);
  } else if constexpr (MOST > 1) {
    across<MOST - 1, VECTORS, BYTES>(job, tile, count);
  }
}

/// Asks for the `part`-th of `parts` equal parts of the panel behind this one.
inline void fetch_next_panel(const PanelRows& job, int64_t part, int64_t parts) {
  const float* const next = job.weight + job.in * kPanel;
  const int64_t lines = job.in * kPanel / kLine;
  for (int64_t line = lines * part / parts; line < lines * (part + 1) / parts; ++line)
    __builtin_prefetch(next + line * kLine, 0, 2);
}

/// All rows through one panel, in tiles of MOST rows or somewhat fewer, as equal as they come: a tile of very
/// few rows waits for its sums.
template <int MOST, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void down(const PanelRows& job) {
  const bool fits = job.wanted == kPanel;  // else the panel is wider than what is left of the output
  const bool added_at_once = fits && !job.activation && job.addend != nullptr;
  float narrow[MOST * kPanel];
  const int64_t tiles = (job.rows + MOST - 1) / MOST;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t begin = job.rows * t / tiles, end = job.rows * (t + 1) / tiles, count = end - begin;
    if (job.panel_follows) fetch_next_panel(job, t, tiles);
    Tile tile{job.x + begin * job.x_stride, nullptr, narrow, nullptr, kPanel};
    if (job.x_is_new && t + 1 < tiles) tile.x_ahead = job.x + end * job.x_stride;
    if (fits) {
      tile.sums = job.y + begin * job.stride;
      tile.stride = job.stride;
    }
    if (added_at_once) tile.addend = job.addend + begin * job.stride;
    across<MOST, VECTORS, BYTES>(job, tile, count);
    if (job.activation) activate_tile<BYTES>(*job.activation, tile.sums, count, tile.stride);
    if (!fits || (job.addend != nullptr && !added_at_once))
      put<BYTES>(job, tile.sums, tile.stride, begin, count);
  }
}

using Down = void (*)(const PanelRows& job);

[[gnu::target("avx512f,fma")]] void down_avx512(const PanelRows& job) {
  down<kTileRows, 2, 64>(job);
}

[[gnu::target("avx2,fma")]] void down_avx2(const PanelRows& job) {
  down<6, 2, 32>(job);
}

void down_portable(const PanelRows& job) {
  down<4, 2, 16>(job);
}

}  // namespace

void multiply_panel(const PanelRows& job) {
  static const Down fastest = fastest_of(down_avx512, down_avx2, down_portable);
  fastest(job);
}

}  // namespace imp::models
