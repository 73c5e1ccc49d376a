// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace imp::models {

/// What a norm over rows of `hidden` float32 numbers needs.
struct RowNorm {
  const float* weight = nullptr;  ///< [hidden]
  const float* bias = nullptr;    ///< [hidden]; rms_norm_rows takes none
  int64_t hidden = 0;
  double eps = 0.0;
};

/// LayerNorm of each row: x [rows, hidden] -> y [rows, hidden], which may be x. A row's bits depend on that
/// row alone, as the promise of generation asks for (models/generation/generator.h).
void layer_norm_rows(const RowNorm& norm, const float* x, int64_t rows, float* y);

/// RMSNorm of each row, as layer_norm_rows.
void rms_norm_rows(const RowNorm& norm, const float* x, int64_t rows, float* y);

}  // namespace imp::models
