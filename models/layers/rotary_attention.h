// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers/rotary_kernel.h"
#include "models/layers/variable_length_attention.h"

namespace imp::models {

/// Attention with rotary embeddings over packed rows as one autograd function: rows [tokens, width] are
/// queries, keys and values side by side (HeadsOfRow), not rotated yet -> [tokens, heads * dim]. The rows are
/// rotated where they stand, so nothing else may read them; their product's backward pass does not.
[[nodiscard]] at::Tensor rotary_attention(const at::Tensor& rows, const HeadsOfRow& shape,
                                          const RotaryAngles& angles, const AttentionSpans& spans);

}  // namespace imp::models
