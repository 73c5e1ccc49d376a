// SPDX-License-Identifier: Apache-2.0
#include "models/layers/norm.h"

#include <ATen/ATen.h>

#include "models/layers/row_norm.h"

namespace imp::models {
namespace {

bool row_by_row(bool only_asked, const at::Tensor& x, const at::Tensor& weight) {
  const auto fits = [](const at::Tensor& tensor) {
    return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
  };
  return only_asked && !at::GradMode::is_enabled() && fits(x) && fits(weight);
}

}  // namespace

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  if (!row_by_row(only_asked, x, weight)) return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
  at::Tensor y = at::empty_like(x);
  const RowNorm norm{weight.const_data_ptr<float>(), bias.const_data_ptr<float>(), weight.numel(), eps};
  layer_norm_rows(norm, x.const_data_ptr<float>(), x.numel() / norm.hidden, y.mutable_data_ptr<float>());
  return y;
}

at::Tensor RmsNorm::forward(const at::Tensor& x) const {
  if (row_by_row(only_asked, x, weight)) {
    at::Tensor y = at::empty_like(x);
    const RowNorm norm{weight.const_data_ptr<float>(), nullptr, weight.numel(), eps};
    rms_norm_rows(norm, x.const_data_ptr<float>(), x.numel() / norm.hidden, y.mutable_data_ptr<float>());
    return y;
  }
  if (x.is_cuda()) return at::rms_norm(x, {x.size(-1)}, weight, eps);  // one kernel, rounded once
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scale = at::rsqrt(wide.square().mean(-1, true).add(eps));
  return weight * (wide * scale).to(x.scalar_type());
}

}  // namespace imp::models
