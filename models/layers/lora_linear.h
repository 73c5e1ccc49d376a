// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers/linear.h"

namespace imp::models {

/// The two ways to compute a LoRA layer; they agree up to rounding.
enum class LoraForm {
  factored,  ///< x W^T + s (x A^T) B^T: cheap where tokens are few or the rank is small
  merged,    ///< x (W + s B A)^T: cheap where the rank is near the layer's width
};

/// The form with fewer floating-point operations, forward and backward together.
/// Without W's own products (equal in both), per token-count N, widths in/out and rank r:
///   factored 6 N r (in + out);  merged 2 N in out (the gradient of the sum) + 6 r in out (the sum and two
///   products).
[[nodiscard]] LoraForm cheaper_lora_form(int64_t tokens, int64_t in_features, int64_t out_features,
                                         int64_t rank);

/// One autograd function for x W^T + bias + s (x A^T) B^T. W and bias get no gradient.
/// x [tokens, in], weight [out, in], bias [out] or undefined; returns [tokens, out] in x's dtype.
/// A and B may be float32 masters beside a bfloat16 x; their gradients come in their own dtype.
/// With dropout (and dropout_step > 0) the factored form is used, since the merged one cannot drop.
[[nodiscard]] at::Tensor lora_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                     const LoraAdapter& adapter, uint64_t dropout_step);

}  // namespace imp::models
