// SPDX-License-Identifier: Apache-2.0
#include "models/layers/activation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace imp::models {
namespace {

// transformers' LaplaceActivation (Ma et al., 2022, eq. 16).
constexpr float kLaplaceMean = 0.707107F, kLaplaceDeviation = 0.282095F;
constexpr float kLeak = 0.01F;

float gelu_of(float x) {
  return 0.5F * x * std::erfc(-x / std::numbers::sqrt2_v<float>);
}

float gelu_tanh_of(float x) {
  constexpr float kScale = 0.797884561F;  // sqrt(2 / pi)
  return 0.5F * x * (1.0F + std::tanh(kScale * (x + 0.044715F * x * x * x)));
}

float logistic(float x) {
  return 1.0F / (1.0F + std::exp(-x));
}

/// ln(1 + e^x).
float softplus(float x) {
  return std::max(x, 0.0F) + std::log1p(std::exp(-std::abs(x)));
}

}  // namespace

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return at::gelu(x, "none");
    case Activation::gelu_tanh:
      return at::gelu(x, "tanh");
    case Activation::gelu_10:
      return at::clamp(at::gelu(x, "none"), -10.0, 10.0);
    case Activation::quick_gelu:
      return x * at::sigmoid(x * 1.702);
    case Activation::silu:
      return at::silu(x);
    case Activation::relu:
      return at::relu(x);
    case Activation::relu2:
      return at::square(at::relu(x));
    case Activation::relu6:
      return at::clamp(x, 0.0, 6.0);
    case Activation::leaky_relu:
      return at::leaky_relu(x, kLeak);
    case Activation::sigmoid:
      return at::sigmoid(x);
    case Activation::tanh:
      return at::tanh(x);
    case Activation::mish:
      return at::mish(x);
    case Activation::hardswish:
      return at::hardswish(x);
    case Activation::laplace:
      return 0.5 * (1.0 + at::erf((x - kLaplaceMean) / (kLaplaceDeviation * std::numbers::sqrt2)));
    case Activation::sqrtsoftplus:
      return at::sqrt(at::softplus(x));
    case Activation::linear:
      return x;
  }
  return x;
}

float activate_value(float x, Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return gelu_of(x);
    case Activation::gelu_tanh:
      return gelu_tanh_of(x);
    case Activation::gelu_10:
      return std::clamp(gelu_of(x), -10.0F, 10.0F);
    case Activation::quick_gelu:
      return x * logistic(1.702F * x);
    case Activation::silu:
      return x * logistic(x);
    case Activation::relu:
      return std::max(x, 0.0F);
    case Activation::relu2:
      return std::max(x, 0.0F) * std::max(x, 0.0F);
    case Activation::relu6:
      return std::clamp(x, 0.0F, 6.0F);
    case Activation::leaky_relu:
      return x < 0 ? kLeak * x : x;
    case Activation::sigmoid:
      return logistic(x);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::mish:
      return x * std::tanh(softplus(x));
    case Activation::hardswish:
      return x * std::clamp(x + 3.0F, 0.0F, 6.0F) / 6.0F;
    case Activation::laplace:
      return 0.5F *
             (1.0F + std::erf((x - kLaplaceMean) / (kLaplaceDeviation * std::numbers::sqrt2_v<float>)));
    case Activation::sqrtsoftplus:
      return std::sqrt(softplus(x));
    case Activation::linear:
      return x;
  }
  return x;
}

}  // namespace imp::models
