// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "models/layers/rope_frequencies.h"

namespace imp::models {

/// Angles of the rotary embedding for given positions, computed once per batch; cos and sin may be scaled
/// (RopeFrequencies::amplitude), and what they turn is then, too.
struct RotaryAngles {
  at::Tensor cos;  ///< [tokens, 1, rotary_dim / 2]
  at::Tensor sin;  ///< [tokens, 1, rotary_dim / 2]
};

/// position_ids [tokens] (int64). Angles are computed in float32 and cast to `like`'s dtype.
[[nodiscard]] RotaryAngles rotary_angles(const at::Tensor& position_ids, const RopeFrequencies& frequencies,
                                         const at::TensorOptions& like);

/// Rotates the first rotary_dim channels of each head; the rest pass through. x [tokens, heads, head_dim].
/// Pairs are (i, i + rotary_dim / 2), as in GPT-NeoX and transformers.
[[nodiscard]] at::Tensor apply_rotary(const at::Tensor& x, const RotaryAngles& angles);

/// The same for the heads of one token, float32: x [heads, head_dim] -> y; cos and sin [half].
void rotate_token(const float* x, int64_t heads, int64_t head_dim, const float* cos, const float* sin,
                  int64_t half, float* y);

}  // namespace imp::models
