// SPDX-License-Identifier: Apache-2.0
#include "models/layers/linear.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "models/layers/activation.h"
#include "models/layers/joint_linear.h"
#include "models/layers/lora_linear.h"
#include "models/layers/packed_linear.h"
#include "models/layers/panel_product.h"

namespace imp::models {

bool Linear::only_asked() const {
  return packed && !adapter && !at::GradMode::is_enabled();
}

at::Tensor Linear::forward(const at::Tensor& x, uint64_t dropout_step) const {
  if (adapter && x.is_cuda() && x.scalar_type() != at::kFloat) {
    // In 16 bits the sum W + s B A would lose what is small beside W, and on a GPU it saves no time
    // (gpu_check.sh).
    const Linear* const alone[] = {this};
    if (std::optional<at::Tensor> y = joint_forward(alone, x, dropout_step)) return *std::move(y);
  }
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

at::Tensor feed_forward(const at::Tensor& addend, const Linear& first, Activation activation,
                        const Linear& last, const at::Tensor& x, uint64_t dropout_step) {
  // What is between the layers stays in a core's second cache where a few rows at a time go through both,
  // unless the weights themselves would have to come from memory each time.
  constexpr int64_t kInnerFloats = 96 * 1024, kMostWeights = int64_t{4} << 20;
  const Linear* const alone[] = {&last};
  if (x.is_cuda() && last.adapter) {
    if (const auto y = joint_forward(alone, first.forward(x, dropout_step), dropout_step, activation))
      return addend + *y;
  }
  if (!first.only_asked() || !last.only_asked() ||
      first.packed->bytes() + last.packed->bytes() > kMostWeights)
    return last.forward_added(addend, first.forward_activated(x, activation, dropout_step), dropout_step);
  const at::Tensor added = addend.contiguous();
  at::Tensor out = at::empty_like(added);
  const int64_t together = whole_tiles(kInnerFloats / first.out_features());
  for (int64_t row = 0; row < x.size(0); row += together) {
    const int64_t count = std::min(together, x.size(0) - row);
    const at::Tensor inner = first.packed->forward(x.narrow(0, row, count), activation);
    last.packed->forward_into(out.narrow(0, row, count), inner, {}, added.narrow(0, row, count));
  }
  return out;
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
