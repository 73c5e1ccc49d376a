// SPDX-License-Identifier: Apache-2.0
#include "models/layers/rotary_embedding.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace imp::models {
namespace {

at::Tensor rotate(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, bool inverse) {
  const int64_t half = cos.size(-1);
  at::Tensor y = at::empty_like(x, x.options(), at::MemoryFormat::Contiguous);
  const at::Tensor first = x.slice(-1, 0, half), second = x.slice(-1, half, 2 * half);
  at::Tensor out_first = y.slice(-1, 0, half), out_second = y.slice(-1, half, 2 * half);
  const double sign = inverse ? -1.0 : 1.0;
  at::mul_out(out_first, first, cos);
  out_first.addcmul_(second, sin, -sign);
  at::mul_out(out_second, second, cos);
  out_second.addcmul_(first, sin, sign);
  if (x.size(-1) > 2 * half) y.slice(-1, 2 * half).copy_(x.slice(-1, 2 * half));
  return y;
}

/// A rotation is orthogonal: its gradient is the inverse rotation, so nothing of x need be kept.
struct Rotary : torch::autograd::Function<Rotary> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& cos, const at::Tensor& sin) {
    context->save_for_backward({cos, sin});
    return rotate(x, cos, sin, false);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {rotate(gradients[0], saved[0], saved[1], true), {}, {}};
  }
};

}  // namespace

RotaryAngles rotary_angles(const at::Tensor& position_ids, int64_t rotary_dim, double theta,
                           const at::TensorOptions& like) {
  const at::TensorOptions wide = like.dtype(at::kFloat);
  const at::Tensor exponents = at::arange(0, rotary_dim, 2, wide) / static_cast<double>(rotary_dim);
  const at::Tensor inverse_frequency = at::reciprocal(at::pow(at::Scalar(theta), exponents));
  const at::Tensor angles = position_ids.to(wide).unsqueeze(1) * inverse_frequency.unsqueeze(0);
  return {angles.cos().unsqueeze(1).to(like), angles.sin().unsqueeze(1).to(like)};
}

at::Tensor apply_rotary(const at::Tensor& x, const RotaryAngles& angles) {
  return Rotary::apply(x, angles.cos, angles.sin);
}

}  // namespace imp::models
