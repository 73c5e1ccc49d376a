// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace imp::models {

/// Keys and values of earlier tokens, one pair a layer, each [batch, kv_heads, slots, head_dim].
/// `valid` [batch, slots] (bool) tells which slots hold a token: shorter sequences leave holes.
struct KvCache {
  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;
  at::Tensor valid;

  /// The cache with its rows chosen and repeated by index [new batch] (int64): the questions of an image
  /// share its prefix.
  [[nodiscard]] KvCache select(const at::Tensor& rows) const;
};

}  // namespace imp::models
