// SPDX-License-Identifier: Apache-2.0
#include "models/config/activation_names.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "models/io/error.h"

namespace imp::models {
namespace {

/// An activation's first name here is the one that is written.
constexpr std::array<std::pair<const char*, Activation>, 22> kNames{{
    {"gelu", Activation::gelu},
    {"gelu_python", Activation::gelu},
    {"gelu_pytorch_tanh", Activation::gelu_tanh},
    {"gelu_new", Activation::gelu_tanh},
    {"gelu_fast", Activation::gelu_tanh},
    {"gelu_accurate", Activation::gelu_tanh},
    {"gelu_python_tanh", Activation::gelu_tanh},
    {"gelu_10", Activation::gelu_10},
    {"quick_gelu", Activation::quick_gelu},
    {"silu", Activation::silu},
    {"swish", Activation::silu},
    {"relu", Activation::relu},
    {"relu2", Activation::relu2},
    {"relu6", Activation::relu6},
    {"leaky_relu", Activation::leaky_relu},
    {"sigmoid", Activation::sigmoid},
    {"tanh", Activation::tanh},
    {"mish", Activation::mish},
    {"hardswish", Activation::hardswish},
    {"laplace", Activation::laplace},
    {"sqrtsoftplus", Activation::sqrtsoftplus},
    {"linear", Activation::linear},
}};

}  // namespace

Activation parse_activation(const std::string& name, const std::string& where, std::string_view key) {
  std::string known;
  for (const auto& [candidate, activation] : kNames) {
    if (name == candidate) return activation;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", candidate);
  }
  throw Error(fmt::format("{}: {} is '{}', which imp does not have; it has {}", where, key, name, known));
}

const char* activation_name(Activation activation) {
  for (const auto& [name, candidate] : kNames) {
    if (candidate == activation) return name;
  }
  return "gelu";
}

}  // namespace imp::models
