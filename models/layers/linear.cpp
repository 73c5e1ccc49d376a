// SPDX-License-Identifier: Apache-2.0
#include "models/layers/linear.h"

#include <ATen/ATen.h>

#include "models/layers/activation.h"
#include "models/layers/lora_linear.h"
#include "models/layers/packed_linear.h"

namespace imp::models {

bool Linear::only_asked() const {
  return packed && !adapter && !at::GradMode::is_enabled();
}

at::Tensor Linear::forward(const at::Tensor& x, uint64_t dropout_step) const {
  if (adapter) return lora_linear(x, weight, bias, *adapter, dropout_step);
  if (only_asked()) return packed->forward(x);
  return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

at::Tensor Linear::forward_activated(const at::Tensor& x, Activation activation,
                                     uint64_t dropout_step) const {
  if (only_asked()) return packed->forward(x, activation);
  return activate(forward(x, dropout_step), activation);
}

at::Tensor Linear::forward_added(const at::Tensor& addend, const at::Tensor& x, uint64_t dropout_step) const {
  if (only_asked()) return packed->forward(x, {}, addend);
  return addend + forward(x, dropout_step);
}

void Linear::merge_adapter() {
  if (!adapter) return;
  const at::Tensor update = adapter->lora_B.detach().matmul(adapter->lora_A.detach()) * adapter->scaling;
  weight = (weight.detach().to(update.scalar_type()) + update).to(weight.scalar_type());
  adapter.reset();
  packed.reset();
}

void Linear::pack() {
  if (adapter || weight.scalar_type() != at::kFloat || !weight.is_cpu()) return;
  packed = std::make_shared<PackedLinear>(weight.detach(), bias.defined() ? bias.detach() : at::Tensor());
}

}  // namespace imp::models
