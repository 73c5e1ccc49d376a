// SPDX-License-Identifier: Apache-2.0
#include "models/layers/rotary_embedding.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>

#include "models/layers/vector_math.h"

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

/// A rotation is orthogonal: its gradient is the inverse rotation (scaled alike), so nothing of x need be
/// kept.
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

/// COUNT neighbouring pairs (x, x + half), side by side.
template <int COUNT>
[[gnu::always_inline]] inline void rotate_pairs(const float* x, const float* cos, const float* sin,
                                                int64_t half, float* y) {
  using Values [[gnu::vector_size(COUNT * sizeof(float))]] = float;
  Values a, b, c, s;
  std::memcpy(&a, x, sizeof(a));
  std::memcpy(&b, x + half, sizeof(b));
  std::memcpy(&c, cos, sizeof(c));
  std::memcpy(&s, sin, sizeof(s));
  const Values first = a * c - b * s, second = b * c + a * s;
  std::memcpy(y, &first, sizeof(first));
  std::memcpy(y + half, &second, sizeof(second));
}

}  // namespace

RotaryAngles rotary_angles(const at::Tensor& position_ids, const RopeFrequencies& frequencies,
                           const at::TensorOptions& like) {
  const at::TensorOptions wide = like.dtype(at::kFloat);
  const at::Tensor angles = position_ids.to(wide).unsqueeze(1) * frequencies.inverse.to(wide).unsqueeze(0);
  const auto scaled = [&](const at::Tensor& x) {
    return frequencies.amplitude == 1.0 ? x : x * frequencies.amplitude;
  };
  return {scaled(angles.cos()).unsqueeze(1).to(like), scaled(angles.sin()).unsqueeze(1).to(like)};
}

at::Tensor apply_rotary(const at::Tensor& x, const RotaryAngles& angles) {
  return Rotary::apply(x, angles.cos, angles.sin);
}

void rotate_token(const float* x, int64_t heads, int64_t head_dim, const float* cos, const float* sin,
                  int64_t half, float* y) {
  for (int64_t head = 0; head < heads; ++head, x += head_dim, y += head_dim) {
    int64_t i = 0;
    for (; i + 4 <= half; i += 4) rotate_pairs<4>(x + i, cos + i, sin + i, half, y + i);
    for (; i < half; ++i) rotate_pairs<1>(x + i, cos + i, sin + i, half, y + i);
    copy_channels(x + 2 * half, head_dim - 2 * half, y + 2 * half);
  }
}

}  // namespace imp::models
