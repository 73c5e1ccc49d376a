// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace imp::models {

/// (x - mean) / sqrt(variance + eps) * weight + bias over the last dimension.
struct LayerNorm {
  at::Tensor weight;  ///< [hidden]
  at::Tensor bias;    ///< [hidden]
  double eps = 1e-5;
  bool only_asked = false;  ///< set by a model's pack(): row_norm.h serves where no gradient is asked for

  /// x [..., hidden] -> same shape and dtype.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;
};

/// x / sqrt(mean(x^2) + eps) * weight over the last dimension, the statistics in float32 (Zhang and Sennrich,
/// 2019; the order of casts is that of transformers' LlamaRMSNorm).
struct RmsNorm {
  at::Tensor weight;  ///< [hidden]
  double eps = 1e-6;
  bool only_asked = false;  ///< as in LayerNorm

  /// x [..., hidden] -> same shape and dtype.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;
};

}  // namespace imp::models
