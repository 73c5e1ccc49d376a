// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/device/device_graph.h"

namespace imp::harness {

/// Forward and backward passes over batches of few shapes on a GPU: a shape that comes is recorded
/// (DeviceGraph) and then replayed. The very first pass runs as it is written; all give the same bits.
/// Gradients must be kept where they are (Optimizer::keep_gradients).
class StepGraphs {
 public:
  /// The tensors of a batch, in an order that depends on its shape alone -> its loss, a scalar that is
  /// differentiable. It must do nothing that waits for the device, and read no other tensor that changes
  /// between batches.
  using Loss = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

  explicit StepGraphs(at::Device device) : device_(device) {}

  /// Gradients of the loss are added to those of its parameters; returns the loss. shape: what of a batch
  /// that is no tensor's size decides what `loss` does.
  [[nodiscard]] at::Tensor run(const std::vector<at::Tensor>& inputs, const std::string& shape,
                               const Loss& loss);

 private:
  struct Recorded {
    std::unique_ptr<models::DeviceGraph> graph;
    std::vector<at::Tensor> inputs;  ///< what the graph reads
    at::Tensor loss;
  };

  [[nodiscard]] std::unique_ptr<Recorded> record(const std::vector<at::Tensor>& inputs, const Loss& loss);

  at::Device device_;
  bool works_ = true;                                       ///< until something could not be recorded
  std::map<std::string, std::unique_ptr<Recorded>> known_;  ///< by shape; empty where it is not recorded
};

}  // namespace imp::harness
