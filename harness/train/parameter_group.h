// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace imp::harness {

struct NamedParameter {
  std::string name;
  at::Tensor tensor;  ///< the float32 master
  /// What the model computes with, in 16 bits, where that is another tensor: its gradients are added up in
  /// the master's (Optimizer::collect_gradients), and each step rounds the master into it.
  at::Tensor rounded = {};
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
