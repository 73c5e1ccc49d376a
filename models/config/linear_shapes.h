// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/config/model_config.h"

namespace imp::models {

/// A linear layer of a language model, as its config tells it without any weights.
struct LinearShape {
  std::string name;  ///< module path, e.g. `model.layers.0.self_attn.q_proj`
  int64_t in_features = 0;
  int64_t out_features = 0;
  bool bias = false;

  [[nodiscard]] int64_t parameters() const { return (in_features + (bias ? 1 : 0)) * out_features; }
};

/// All linear layers of the blocks, then lm_head: the order of TextModel::linears.
[[nodiscard]] std::vector<LinearShape> linear_shapes(const TextConfig& text);

/// Every parameter of the language model, tied ones once, Phi's bias of lm_head included.
[[nodiscard]] int64_t count_parameters(const TextConfig& text);

}  // namespace imp::models
