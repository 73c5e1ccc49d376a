// SPDX-License-Identifier: Apache-2.0
#include "models/layers/joint_linear.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

namespace imp::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Whether `next` begins in memory where `tensor` ends.
bool follows(const at::Tensor& tensor, const at::Tensor& next) {
  return tensor.is_contiguous() && next.is_contiguous() && tensor.device() == next.device() &&
         tensor.storage().data() == next.storage().data() &&
         next.storage_offset() == tensor.storage_offset() + tensor.numel();
}

/// The tensors as one, if they follow each other: [sum of first sizes, ...].
at::Tensor joined(const std::vector<at::Tensor>& tensors) {
  int64_t rows = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (i > 0 && !follows(tensors[i - 1], tensors[i])) return {};
    rows += tensors[i].size(0);
  }
  std::vector<int64_t> sizes = tensors.front().sizes().vec();
  sizes[0] = rows;
  return tensors.front().as_strided(sizes, tensors.front().strides());
}

/// All defined or none.
std::vector<at::Tensor> biases_of(std::span<const Linear* const> layers) {
  std::vector<at::Tensor> biases;
  for (const Linear* layer : layers)
    if (layer->bias.defined()) biases.push_back(layer->bias);
  return biases;
}

/// x W^T + bias of several layers with their adapters, outputs and A's rows side by side. What differs between layers
/// is read back from the adapters' shapes.
struct JointLora : torch::autograd::Function<JointLora> {
  /// adapters: A and B of each layer in turn.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const at::TensorList& adapters,
                            const std::vector<double>& scalings) {
    std::vector<at::Tensor> of_a, saved{x, weight};
    for (size_t i = 0; i < adapters.size(); i += 2) of_a.push_back(adapters[i].to(x.scalar_type()));
    const at::Tensor a = of_a.size() == 1 ? of_a.front() : at::cat(of_a);
    const at::Tensor narrow = x.mm(a.t());
    at::Tensor y = at::linear(x, weight, bias);
    saved.insert(saved.end(), {a, narrow});
    int64_t out = 0, rank = 0;
    for (size_t i = 1; i < adapters.size(); i += 2) {
      const at::Tensor b = adapters[i].to(x.scalar_type());
      y.narrow(1, out, b.size(0)).addmm_(narrow.narrow(1, rank, b.size(1)), b.t(), 1.0, scalings[i / 2]);
      out += b.size(0);
      rank += b.size(1);
      saved.push_back(b);
    }
    context->save_for_backward(saved);
    context->saved_data["scalings"] = scalings;
    context->saved_data["float32"] = adapters[0].scalar_type() == at::kFloat;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &a = saved[2], &narrow = saved[3];
    const std::vector<double> scalings = context->saved_data["scalings"].toDoubleVector();
    const auto master = context->saved_data["float32"].toBool() ? at::kFloat : x.scalar_type();
    const at::Tensor& grad_y = gradients[0];
    const at::Tensor grad_narrow = at::empty_like(narrow);
    variable_list of_b;
    int64_t out = 0, rank = 0;
    for (size_t i = 0; i < scalings.size(); ++i) {
      const at::Tensor& b = saved[4 + i];
      const at::Tensor part = grad_y.narrow(1, out, b.size(0));
      grad_narrow.narrow(1, rank, b.size(1)).copy_(part.mm(b).mul_(scalings[i]));
      of_b.push_back(part.t().mm(narrow.narrow(1, rank, b.size(1))).mul_(scalings[i]).to(master));
      out += b.size(0);
      rank += b.size(1);
    }
    at::Tensor grad_x;
    if (context->needs_input_grad(0)) grad_x = grad_y.mm(weight).addmm_(grad_narrow, a);
    const at::Tensor of_a = grad_narrow.t().mm(x).to(master);
    variable_list all{grad_x, {}, {}};
    rank = 0;
    for (size_t i = 0; i < scalings.size(); ++i) {
      const int64_t own = saved[4 + i].size(1);
      all.push_back(of_a.narrow(0, rank, own));
      all.push_back(of_b[i]);
      rank += own;
    }
    all.emplace_back();
    return all;
  }
};

}  // namespace

void lay_together(std::span<Linear* const> layers) {
  std::vector<at::Tensor> weights, biases;
  for (const Linear* layer : layers) {
    weights.push_back(layer->weight);
    if (layer->bias.defined()) biases.push_back(layer->bias);
  }
  if (joined(weights).defined() || (!biases.empty() && biases.size() < layers.size())) return;
  const at::Tensor weight = at::cat(weights), bias = biases.empty() ? at::Tensor() : at::cat(biases);
  int64_t row = 0;
  for (Linear* layer : layers) {
    const int64_t rows = layer->out_features();
    layer->weight = weight.narrow(0, row, rows);
    if (bias.defined()) layer->bias = bias.narrow(0, row, rows);
    row += rows;
  }
}

std::optional<at::Tensor> joint_forward(std::span<const Linear* const> layers, const at::Tensor& x,
                                        uint64_t dropout_step) {
  std::vector<at::Tensor> weights, adapters;
  std::vector<double> scalings;
  for (const Linear* layer : layers) {
    weights.push_back(layer->weight);
    if (layer->weight.requires_grad()) return std::nullopt;
    if (!layer->adapter) continue;
    if (layer->adapter->dropout > 0.0 && dropout_step > 0) return std::nullopt;
    adapters.insert(adapters.end(), {layer->adapter->lora_A, layer->adapter->lora_B});
    scalings.push_back(layer->adapter->scaling);
  }
  const std::vector<at::Tensor> biases = biases_of(layers);
  const bool biased = !biases.empty();
  const at::Tensor weight = joined(weights), bias = biased ? joined(biases) : at::Tensor();
  const bool all_alike = (!biased || biases.size() == layers.size()) &&
                         (scalings.empty() || scalings.size() == layers.size());
  if (!all_alike || !weight.defined() || (biased && !bias.defined())) return std::nullopt;
  const std::optional<at::Tensor> maybe_bias = biased ? std::optional(bias) : std::nullopt;
  if (scalings.empty()) return at::linear(x, weight, maybe_bias);
  return JointLora::apply(x, weight, maybe_bias, at::TensorList(adapters), scalings);
}

}  // namespace imp::models
