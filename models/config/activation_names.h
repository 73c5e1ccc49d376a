// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imp::models {

/// The element-wise functions behind transformers' ACT2FN. Several of its names are one function in exact
/// arithmetic: gelu and gelu_python; gelu_new, gelu_fast, gelu_accurate, gelu_pytorch_tanh and
/// gelu_python_tanh; silu and swish.
enum class Activation {
  gelu,          ///< x Phi(x)
  gelu_tanh,     ///< its tanh approximation
  gelu_10,       ///< gelu clipped to [-10, 10]
  quick_gelu,    ///< x sigmoid(1.702 x)
  silu,          ///< x sigmoid(x)
  relu,          ///< max(x, 0)
  relu2,         ///< max(x, 0)^2
  relu6,         ///< min(max(x, 0), 6)
  leaky_relu,    ///< x, or 0.01 x below 0
  sigmoid,       ///< 1 / (1 + e^-x)
  tanh,          ///< tanh(x)
  mish,          ///< x tanh(ln(1 + e^x))
  hardswish,     ///< x relu6(x + 3) / 6
  laplace,       ///< (1 + erf((x - 0.707107) / (0.282095 sqrt 2))) / 2
  sqrtsoftplus,  ///< sqrt(ln(1 + e^x))
  linear,        ///< x
};

/// The activation of an ACT2FN name. Throws imp::Error (usage), `where` and `key` named, for prelu and xielu,
/// which have weights of their own, and for names that transformers does not know.
[[nodiscard]] Activation parse_activation(const std::string& name, const std::string& where,
                                          std::string_view key);

/// A name that every version of transformers knows for it (hardswish and sqrtsoftplus: 5.x alone).
[[nodiscard]] const char* activation_name(Activation activation);

}  // namespace imp::models
