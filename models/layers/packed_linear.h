// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "models/config/model_config.h"

namespace imp::models {

/// A float32 weight laid out once for fast products on the CPU, for models that are only asked.
///
/// Each output is one sum over the inputs in rising order, fused multiply-adds from the bias on, so that a
/// row's bits do not depend on the rows beside it or on their number. A library's product makes no such
/// promise: MKL takes another kernel below eight rows.
class PackedLinear {
 public:
  /// weight [out, in] float32 on the CPU; bias [out] or undefined.
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias);

  /// x [rows, in] float32 -> [rows, out], then activated if asked (vector_math.h), then `addend` [rows, out]
  /// added if defined, all while a tile of the output is in the cache. Runs on the calling thread alone. Not
  /// differentiable.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, std::optional<Activation> activation = {},
                                   const at::Tensor& addend = {}) const;
  /// forward() into `to` [rows, out], contiguous.
  void forward_into(const at::Tensor& to, const at::Tensor& x, std::optional<Activation> activation = {},
                    const at::Tensor& addend = {}) const;

  /// Bytes of the weight.
  [[nodiscard]] int64_t bytes() const { return in_ * out_ * static_cast<int64_t>(sizeof(float)); }

 private:
  int64_t in_ = 0;
  int64_t out_ = 0;
  at::Tensor panels_;  ///< [panels, in, kPanel], zeros beyond out_
  at::Tensor bias_;    ///< [panels * kPanel], zeros beyond out_
};

}  // namespace imp::models
