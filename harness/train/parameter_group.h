// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace imp::harness {

struct NamedParameter {
  std::string name;
  at::Tensor tensor;
};

enum class OptimizerKind {
  adamw,
  muon,  ///< for matrices of blocks, in pretraining only
};

/// Parameters that share a learning rate and an optimizer.
struct ParameterGroup {
  std::vector<NamedParameter> parameters;
  double learning_rate = 0.0;
  double weight_decay = 0.0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  OptimizerKind optimizer = OptimizerKind::adamw;
};

}  // namespace imp::harness
