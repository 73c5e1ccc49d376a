// SPDX-License-Identifier: Apache-2.0
#include "models/layers/norm.h"

#include <ATen/ATen.h>

namespace imp::models {

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
}

at::Tensor RmsNorm::forward(const at::Tensor& x) const {
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scale = at::rsqrt(wide.square().mean(-1, true).add(eps));
  return weight * (wide * scale).to(x.scalar_type());
}

}  // namespace imp::models
