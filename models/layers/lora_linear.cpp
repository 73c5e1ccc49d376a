// SPDX-License-Identifier: Apache-2.0
#include "models/layers/lora_linear.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "models/io/hash.h"

namespace imp::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// x (W + s B A)^T. Keeps the sum for the backward pass: gradients of A and B follow from that of the sum.
struct MergedLora : torch::autograd::Function<MergedLora> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const at::Tensor& lora_a,
                            const at::Tensor& lora_b, double scaling) {
    // The sum is made in the masters' precision and rounded once.
    const at::Tensor merged =
        at::addmm(weight.to(lora_a.scalar_type()), lora_b, lora_a, 1.0, scaling).to(x.scalar_type());
    context->save_for_backward({x, merged, lora_a, lora_b});
    context->saved_data["scaling"] = scaling;
    return at::linear(x, merged, bias);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &merged = saved[1], &lora_a = saved[2], &lora_b = saved[3];
    const double scaling = context->saved_data["scaling"].toDouble();
    const at::Tensor& grad_y = gradients[0];
    at::Tensor grad_x;
    if (context->needs_input_grad(0)) grad_x = grad_y.mm(merged);
    const at::Tensor grad_sum = grad_y.t().mm(x).to(lora_a.scalar_type());
    return {grad_x, {}, {}, lora_b.t().mm(grad_sum).mul_(scaling), grad_sum.mm(lora_a.t()).mul_(scaling), {}};
  }
};

/// x W^T + s (dropout(x) A^T) B^T.
struct FactoredLora : torch::autograd::Function<FactoredLora> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const at::Tensor& lora_a,
                            const at::Tensor& lora_b, double scaling, const std::optional<at::Tensor>& keep) {
    const at::Tensor a = lora_a.to(x.scalar_type());
    const at::Tensor b = lora_b.to(x.scalar_type());
    const at::Tensor dropped = keep ? x * *keep : x;
    const at::Tensor narrow = dropped.mm(a.t());
    context->save_for_backward({dropped, weight, a, b, narrow, keep.value_or(at::Tensor())});
    context->saved_data["scaling"] = scaling;
    context->saved_data["float32"] = lora_a.scalar_type() == at::kFloat;
    return at::linear(x, weight, bias).addmm_(narrow, b.t(), 1.0, scaling);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &dropped = saved[0], &weight = saved[1], &a = saved[2], &b = saved[3],
                     &narrow = saved[4];
    const at::Tensor& keep = saved[5];
    const double scaling = context->saved_data["scaling"].toDouble();
    const auto master = context->saved_data["float32"].toBool() ? at::kFloat : a.scalar_type();
    const at::Tensor& grad_y = gradients[0];
    const at::Tensor grad_narrow = grad_y.mm(b).mul_(scaling);
    at::Tensor grad_x;
    if (context->needs_input_grad(0)) {
      grad_x = grad_y.mm(weight);
      if (keep.defined()) {
        grad_x.add_(grad_narrow.mm(a).mul_(keep));
      } else {
        grad_x.addmm_(grad_narrow, a);
      }
    }
    return {grad_x,
            {},
            {},
            grad_narrow.t().mm(dropped).to(master),
            grad_y.t().mm(narrow).mul_(scaling).to(master),
            {},
            {}};
  }
};

/// Scaled keep-mask of x's shape, a pure function of (layer key, step): resuming draws the same one.
at::Tensor dropout_mask(const at::Tensor& x, const LoraAdapter& adapter, uint64_t step) {
  const uint64_t seed = counter_random(adapter.dropout_key, 0, step);
  at::Generator generator = x.is_cpu() ? at::detail::createCPUGenerator(seed)
                                       : at::globalContext()
                                             .getAcceleratorHooksInterface(x.device().type())
                                             .getNewGenerator(x.get_device());
  generator.set_current_seed(seed);
  const double keep = 1.0 - adapter.dropout;
  at::Tensor mask = at::empty(x.sizes(), x.options().dtype(at::kFloat));
  mask.bernoulli_(keep, generator).div_(keep);
  return mask.to(x.options());
}

}  // namespace

at::Tensor lora_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       const LoraAdapter& adapter, uint64_t dropout_step) {
  const bool drops = adapter.dropout > 0.0 && dropout_step > 0;
  const LoraForm form = cheaper_lora_form(x.size(0), weight.size(1), weight.size(0), adapter.lora_A.size(0));
  // A custom function takes no undefined tensor; an empty optional it does.
  const std::optional<at::Tensor> maybe_bias = bias.defined() ? std::optional(bias) : std::nullopt;
  if (!drops && form == LoraForm::merged) {
    return MergedLora::apply(x, weight, maybe_bias, adapter.lora_A, adapter.lora_B, adapter.scaling);
  }
  const std::optional<at::Tensor> keep =
      drops ? std::optional(dropout_mask(x, adapter, dropout_step)) : std::nullopt;
  return FactoredLora::apply(x, weight, maybe_bias, adapter.lora_A, adapter.lora_B, adapter.scaling, keep);
}

}  // namespace imp::models
