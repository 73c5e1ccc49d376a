// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/config/model_config.h"

namespace imp::models {

/// Element-wise activation. gelu is the erf form, gelu_tanh its tanh approximation (transformers' gelu_new
/// and gelu_pytorch_tanh), quick_gelu x * sigmoid(1.702 x) (CLIP), silu x * sigmoid(x).
[[nodiscard]] at::Tensor activate(const at::Tensor& x, Activation activation);

}  // namespace imp::models
