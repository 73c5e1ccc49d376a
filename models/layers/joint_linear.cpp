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

/// Several tensors below each other, without a copy where they lie so.
at::Tensor stacked(const std::vector<at::Tensor>& tensors) {
  const at::Tensor whole = joined(tensors);
  return whole.defined() ? whole : at::cat(tensors);
}

/// Which activation the input goes through first; its output is made again in the backward pass, not kept.
enum class Input : int64_t { plain, gelu, gelu_tanh };

const char* approximation(Input input) {
  return input == Input::gelu_tanh ? "tanh" : "none";
}

at::Tensor activated(const at::Tensor& x, Input input) {
  return input == Input::plain ? x : at::gelu(x, approximation(input));
}

/// x W^T + bias of several layers with their adapters, outputs and A's rows side by side. What differs
/// between layers is read back from the adapters' shapes.
struct JointLora : torch::autograd::Function<JointLora> {
  /// adapters: A and B of each layer in turn. activation: an Input.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const at::TensorList& adapters,
                            const std::vector<double>& scalings, int64_t activation) {
    const at::Tensor x = activated(given, Input{activation});
    std::vector<at::Tensor> of_a, saved{given, weight};
    for (size_t i = 0; i < adapters.size(); i += 2) of_a.push_back(adapters[i].to(x.scalar_type()));
    const at::Tensor a = stacked(of_a);
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
    context->saved_data["activation"] = activation;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &given = saved[0], &weight = saved[1], &a = saved[2], &narrow = saved[3];
    const Input input{context->saved_data["activation"].toInt()};
    const at::Tensor x = activated(given, input);
    const std::vector<double> scalings = context->saved_data["scalings"].toDoubleVector();
    const auto master = context->saved_data["float32"].toBool() ? at::kFloat : x.scalar_type();
    const at::Tensor& grad_y = gradients[0];
    const at::Tensor grad_narrow = at::empty_like(narrow);
    const auto scaled = [](const at::Tensor& tensor, double scaling) {
      return scaling == 1.0 ? tensor : tensor.mul_(scaling);
    };
    variable_list of_b;
    int64_t out = 0, rank = 0;
    for (size_t i = 0; i < scalings.size(); ++i) {
      const at::Tensor& b = saved[4 + i];
      const at::Tensor part = grad_y.narrow(1, out, b.size(0));
      at::Tensor of_narrow = grad_narrow.narrow(1, rank, b.size(1));
      (void)scaled(at::mm_out(of_narrow, part, b), scalings[i]);
      of_b.push_back(scaled(part.t().mm(narrow.narrow(1, rank, b.size(1))), scalings[i]).to(master));
      out += b.size(0);
      rank += b.size(1);
    }
    at::Tensor grad_x;
    if (context->needs_input_grad(0)) {
      grad_x = grad_y.mm(weight).addmm_(grad_narrow, a);
      if (input != Input::plain) grad_x = at::gelu_backward(grad_x, given, approximation(input));
    }
    const at::Tensor of_a = grad_narrow.t().mm(x).to(master);
    variable_list all{grad_x, {}, {}};
    rank = 0;
    for (size_t i = 0; i < scalings.size(); ++i) {
      const int64_t own = saved[4 + i].size(1);
      all.push_back(of_a.narrow(0, rank, own));
      all.push_back(of_b[i]);
      rank += own;
    }
    all.insert(all.end(), 2, at::Tensor());
    return all;
  }
};

}  // namespace

void lay_together(std::span<Linear* const> layers) {
  std::vector<at::Tensor> weights;
  for (const Linear* layer : layers) weights.push_back(layer->weight);
  const std::vector<at::Tensor> biases = biases_of(layers);
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

void lay_adapters_together(std::span<Linear* const> layers) {
  std::vector<at::Tensor> of_a;
  for (const Linear* layer : layers) {
    if (!layer->adapter) return;
    of_a.push_back(layer->adapter->lora_A.detach());
  }
  if (joined(of_a).defined()) return;
  const at::Tensor whole = at::cat(of_a);
  int64_t row = 0;
  for (Linear* layer : layers) {
    at::Tensor& a = layer->adapter->lora_A;
    const int64_t rows = a.size(0);
    a = whole.narrow(0, row, rows).detach().set_requires_grad(a.requires_grad());
    row += rows;
  }
}

std::optional<at::Tensor> joint_forward(std::span<const Linear* const> layers, const at::Tensor& x,
                                        uint64_t dropout_step, std::optional<Activation> activation) {
  const bool exact = activation == Activation::gelu, tanh = activation == Activation::gelu_tanh;
  if (activation && !exact && !tanh) return std::nullopt;
  const Input input = exact ? Input::gelu : tanh ? Input::gelu_tanh : Input::plain;
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
  const bool all_alike =
      (!biased || biases.size() == layers.size()) && (scalings.empty() || scalings.size() == layers.size());
  if (!all_alike || !weight.defined() || (biased && !bias.defined())) return std::nullopt;
  const std::optional<at::Tensor> maybe_bias = biased ? std::optional(bias) : std::nullopt;
  if (scalings.empty()) return at::linear(activated(x, input), weight, maybe_bias);
  return JointLora::apply(x, weight, maybe_bias, at::TensorList(adapters), scalings,
                          static_cast<int64_t>(input));
}

}  // namespace imp::models
