// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/config/model_config.h"

namespace imp::models {

/// Element-wise activation, differentiable.
[[nodiscard]] at::Tensor activate(const at::Tensor& x, Activation activation);

/// The same of one number, whose bits depend on that number alone.
[[nodiscard]] float activate_value(float x, Activation activation);

}  // namespace imp::models
