// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "models/layers/rotary_embedding.h"

namespace imp::models {

/// How queries, keys and values of a token lie behind each other in one row.
struct HeadsOfRow {
  int64_t heads = 0, kv_heads = 0, dim = 0;

  [[nodiscard]] int64_t rotated() const { return heads + kv_heads; }  ///< queries and keys
  [[nodiscard]] int64_t width() const { return (heads + 2 * kv_heads) * dim; }
};

/// `count` heads of rows [tokens, width] from the head `first` on, as a view [tokens, count, dim].
[[nodiscard]] at::Tensor heads_of(const at::Tensor& rows, const HeadsOfRow& shape, int64_t first,
                                  int64_t count);

/// Rotates the queries and keys of rows [tokens, width] where they stand (apply_rotary over each head).
void rotate_rows(const at::Tensor& rows, const HeadsOfRow& shape, const RotaryAngles& angles);

/// The gradient of rows that were rotated, out of those of queries [tokens, heads, dim] and of keys and
/// values [tokens, kv_heads, dim]: turned back and laid side by side, [tokens, width].
[[nodiscard]] at::Tensor unrotated_rows(const at::Tensor& query, const at::Tensor& key,
                                        const at::Tensor& value, const HeadsOfRow& shape,
                                        const RotaryAngles& angles);

}  // namespace imp::models
