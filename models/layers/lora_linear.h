// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers/linear.h"
#include "models/lora/lora_form.h"

namespace imp::models {

/// One autograd function for x W^T + bias + s (x A^T) B^T. W and bias get no gradient.
/// x [tokens, in], weight [out, in], bias [out] or undefined; returns [tokens, out] in x's dtype.
/// A and B may be float32 masters beside a bfloat16 x; their gradients come in their own dtype.
/// With dropout (and dropout_step > 0) the factored form is used, since the merged one cannot drop.
[[nodiscard]] at::Tensor lora_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                     const LoraAdapter& adapter, uint64_t dropout_step);

}  // namespace imp::models
