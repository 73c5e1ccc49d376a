// SPDX-License-Identifier: Apache-2.0
#include "models/layers/rotary_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace imp::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Geometry : torch::CustomClassHolder {
  Geometry(const HeadsOfRow& given_shape, const AttentionSpans& given_spans)
      : shape(given_shape), spans(given_spans) {}
  HeadsOfRow shape;
  AttentionSpans spans;
};

struct Parts {
  at::Tensor query, key, value;
};

/// Views of rows as heads, [tokens, heads, dim].
Parts parts_of(const at::Tensor& rows, const HeadsOfRow& shape) {
  return {heads_of(rows, shape, 0, shape.heads), heads_of(rows, shape, shape.heads, shape.kv_heads),
          heads_of(rows, shape, shape.rotated(), shape.kv_heads)};
}

/// Gradients of the spans' keys or values brought back to the packed rows; a row may be in several spans.
at::Tensor of_packed_rows(const at::Tensor& gradient, const AttentionSpans& spans, int64_t rows) {
  if (!spans.key_rows.defined()) return gradient;
  std::vector<int64_t> sizes = gradient.sizes().vec();
  sizes[0] = rows;
  return at::zeros(sizes, gradient.options()).index_add_(0, spans.key_rows, gradient);
}

struct RotaryAttention : torch::autograd::Function<RotaryAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& rows, const at::Tensor& cos,
                            const at::Tensor& sin, const c10::intrusive_ptr<Geometry>& geometry) {
    const HeadsOfRow& shape = geometry->shape;
    rotate_rows(rows, shape, {cos, sin});
    const Parts parts = parts_of(rows, shape);
    AttentionState state;
    const at::Tensor out =
        variable_length_attention(parts.query, spanned_rows(parts.key, geometry->spans),
                                  spanned_rows(parts.value, geometry->spans), geometry->spans, &state);
    context->save_for_backward({rows, cos, sin, out, state.logsumexp, state.random_state, state.unused});
    context->saved_data["geometry"] = c10::IValue::make_capsule(geometry);
    return out.flatten(1);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto geometry =
        c10::static_intrusive_pointer_cast<Geometry>(context->saved_data["geometry"].toCapsule());
    const HeadsOfRow& shape = geometry->shape;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& rows = saved[0];
    const Parts parts = parts_of(rows, shape);
    const AttentionGradients of = variable_length_attention_backward(
        gradients[0].unflatten(1, {shape.heads, shape.dim}), parts.query,
        spanned_rows(parts.key, geometry->spans), spanned_rows(parts.value, geometry->spans), saved[3],
        {saved[4], saved[5], saved[6]}, geometry->spans);
    const int64_t count = rows.size(0);
    return {unrotated_rows(of.query, of_packed_rows(of.key, geometry->spans, count),
                           of_packed_rows(of.value, geometry->spans, count), shape, {saved[1], saved[2]}),
            {},
            {},
            {}};
  }
};

}  // namespace

at::Tensor rotary_attention(const at::Tensor& rows, const HeadsOfRow& shape, const RotaryAngles& angles,
                            const AttentionSpans& spans) {
  const auto type = rows.scalar_type();
  return RotaryAttention::apply(rows, angles.cos.to(type), angles.sin.to(type),
                                c10::make_intrusive<Geometry>(shape, spans));
}

}  // namespace imp::models
