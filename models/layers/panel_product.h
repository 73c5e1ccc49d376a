// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/config/model_config.h"

namespace imp::models {

/// Outputs that are computed together: a panel of a weight.
inline constexpr int64_t kPanel = 32;

/// Rows of a tile in the widest form, whose sums are in registers together.
inline constexpr int64_t kTileRows = 14;

/// The rows of as many whole tiles as `rows` holds, of one at least.
[[nodiscard]] constexpr int64_t whole_tiles(int64_t rows) {
  return (rows < kTileRows ? 1 : rows / kTileRows) * kTileRows;
}

/// Rows that go through one panel: y = activation(x weight + bias) + addend.
struct PanelRows {
  const float* weight = nullptr;  ///< [in, kPanel]
  const float* bias = nullptr;    ///< [kPanel]
  int64_t in = 0;
  int64_t wanted = kPanel;   ///< columns of the panel that are outputs
  const float* x = nullptr;  ///< [rows, x_stride]
  int64_t x_stride = 0;
  float* y = nullptr;             ///< [rows, stride], at the panel's first column
  const float* addend = nullptr;  ///< as y; nullptr: none
  int64_t rows = 0;
  int64_t stride = 0;
  std::optional<Activation> activation = {};  ///< gelu, gelu_tanh, quick_gelu or silu
  bool x_is_new = false;                      ///< x is not in the cache yet
  bool panel_follows = false;                 ///< another panel lies behind this one and comes next
};

/// Each output is one sum over the inputs in rising order, fused multiply-adds from the bias on, whatever
/// rows are beside it.
void multiply_panel(const PanelRows& job);

}  // namespace imp::models
