// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers/rotary_embedding.h"

namespace imp::models {

/// apply_rotary over query [rows, heads, dim]. angle_rows [rows] int64: which of the angles each row has;
/// undefined: its own. On a GPU one kernel, where ATen's form goes five times over the numbers.
[[nodiscard]] at::Tensor rotated_queries(const at::Tensor& query, const RotaryAngles& angles,
                                         const at::Tensor& angle_rows);

/// Where the tokens of a layer are kept: [slots, kv_heads, dim] each.
struct LayerCache {
  at::Tensor keys, values;
};

/// Puts the rotated keys and the values [tokens, kv_heads, dim] into slots [tokens] int64 of the cache, no
/// slot twice; gives the rotated keys back. On a GPU one kernel, without the sorting by which index_copy_
/// becomes deterministic.
at::Tensor put_tokens(const at::Tensor& key, const at::Tensor& value, const RotaryAngles& angles,
                      const at::Tensor& slots, const LayerCache& cache);

}  // namespace imp::models
