// SPDX-License-Identifier: Apache-2.0
#include "models/layers/linear.h"

#include <ATen/ATen.h>

#include "models/layers/lora_linear.h"

namespace imp::models {

at::Tensor Linear::forward(const at::Tensor& x, uint64_t dropout_step) const {
  if (adapter) return lora_linear(x, weight, bias, *adapter, dropout_step);
  return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

void Linear::merge_adapter() {
  if (!adapter) return;
  const at::Tensor update = adapter->lora_B.detach().matmul(adapter->lora_A.detach()) * adapter->scaling;
  weight = (weight.detach().to(update.scalar_type()) + update).to(weight.scalar_type());
  adapter.reset();
}

}  // namespace imp::models
