// SPDX-License-Identifier: Apache-2.0
#include "models/layers/activation.h"

#include <ATen/ATen.h>

namespace imp::models {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return at::gelu(x, "none");
    case Activation::gelu_tanh:
      return at::gelu(x, "tanh");
    case Activation::quick_gelu:
      return x * at::sigmoid(x * 1.702);
    case Activation::silu:
      return at::silu(x);
  }
  return x;
}

}  // namespace imp::models
