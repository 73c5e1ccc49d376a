// SPDX-License-Identifier: Apache-2.0
#include "models/layers/packed_linear.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "models/layers/activation.h"
#include "models/layers/panel_product.h"

namespace imp::models {
namespace {

/// Rows whose inputs have so many floats take a part of the second cache: they go through all panels before
/// the next ones do.
constexpr int64_t kInputFloats = 64 * 1024;

/// Floats from one row of the inputs to the next. Rows whole pages apart fall on the same lines of the first
/// cache, which holds eight of them, fewer than a tile reads side by side: such rows are copied further
/// apart.
int64_t spread_stride(int64_t in) {
  constexpr int64_t kPageFloats = 1024, kLineFloats = 16;
  return in % kPageFloats == 0 ? in + kLineFloats : in;
}

/// Whether multiply_panel activates a tile of the output itself.
bool in_panels(Activation activation) {
  return activation == Activation::gelu || activation == Activation::gelu_tanh ||
         activation == Activation::quick_gelu || activation == Activation::silu;
}

/// values <- activation(values) + addend, number by number.
void activate_in_place(float* values, const float* addend, int64_t count, Activation activation) {
  for (int64_t i = 0; i < count; ++i) values[i] = activate_value(values[i], activation);
  if (addend == nullptr) return;
  for (int64_t i = 0; i < count; ++i) values[i] += addend[i];
}

}  // namespace

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias)
    : in_(weight.size(1)), out_(weight.size(0)) {
  const int64_t panels = (out_ + kPanel - 1) / kPanel;
  at::Tensor padded = at::zeros({panels * kPanel, in_});
  padded.slice(0, 0, out_).copy_(weight);
  panels_ = padded.view({panels, kPanel, in_}).transpose(1, 2).contiguous();
  bias_ = at::zeros({panels * kPanel});
  if (bias.defined()) bias_.slice(0, 0, out_).copy_(bias);
}

at::Tensor PackedLinear::forward(const at::Tensor& x, std::optional<Activation> activation,
                                 const at::Tensor& addend) const {
  at::Tensor to = at::empty({x.size(0), out_}, x.options());
  forward_into(to, x, activation, addend);
  return to;
}

void PackedLinear::forward_into(const at::Tensor& to, const at::Tensor& x,
                                std::optional<Activation> activation, const at::Tensor& addend) const {
  const at::Tensor added = addend.defined() ? addend.contiguous() : addend;
  if (activation && !in_panels(*activation)) {
    forward_into(to, x);
    activate_in_place(to.mutable_data_ptr<float>(), added.defined() ? added.const_data_ptr<float>() : nullptr,
                      to.numel(), *activation);
    return;
  }
  const at::Tensor from = x.contiguous();
  const int64_t rows = from.size(0), at_once = whole_tiles(kInputFloats / in_), stride = spread_stride(in_);
  const at::Tensor spread = stride == in_ ? at::Tensor() : at::empty({at_once, stride}, x.options());
  const float* const weights = panels_.const_data_ptr<float>();
  const float* const biases = bias_.const_data_ptr<float>();
  const float* const addends = added.defined() ? added.const_data_ptr<float>() : nullptr;
  float* const outputs = to.mutable_data_ptr<float>();
  for (int64_t row = 0; row < rows; row += at_once) {
    const float* inputs = from.const_data_ptr<float>() + row * in_;
    const int64_t count = std::min(at_once, rows - row);
    if (spread.defined()) {
      auto* const copies = spread.mutable_data_ptr<float>();
      for (int64_t r = 0; r < count; ++r) std::copy_n(inputs + r * in_, in_, copies + r * stride);
      inputs = copies;
    }
    for (int64_t column = 0; column < out_; column += kPanel) {
      const int64_t place = row * out_ + column;
      multiply_panel({.weight = weights + column * in_,
                      .bias = biases + column,
                      .in = in_,
                      .wanted = std::min(kPanel, out_ - column),
                      .x = inputs,
                      .x_stride = stride,
                      .y = outputs + place,
                      .addend = addends == nullptr ? nullptr : addends + place,
                      .rows = count,
                      .stride = out_,
                      .activation = activation,
                      .x_is_new = column == 0,
                      .panel_follows = column + kPanel < out_});
    }
  }
}

}  // namespace imp::models
