// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "harness/train/parameter_group.h"

namespace imp::harness {

/// AdamW (Loshchilov and Hutter, 2019; eps 1e-8) and Muon (Jordan et al., 2024) over parameter groups.
/// Its state is a list of tensors, so that a checkpoint can hold and restore it exactly.
class Optimizer {
 public:
  explicit Optimizer(std::vector<ParameterGroup> groups);

  /// Gives the tensors that the model computes with gradients that stay in their memory, set to zero in place
  /// of being dropped.
  void keep_gradients();
  /// Takes gradients over from rounded tensors; to be called after each backward pass.
  void collect_gradients();
  /// One update from the parameters' gradients; learning rates are multiplied by `factor`.
  void step(double factor);
  /// Drops all gradients.
  void zero_grad();
  /// Gives every parameter a gradient of zeros.
  void set_gradients_to_zero();
  /// Scales gradients so that their global norm is at most `max_norm` (0: no scaling). Returns the norm
  /// before.
  double clip_gradients(double max_norm);
  /// The same as a tensor on the gradients' device, which is not waited for. There a norm that is not finite
  /// spoils the gradients; it is for the caller to look at.
  at::Tensor clip_gradients_without_waiting(double max_norm);
  /// Where the parameters are.
  [[nodiscard]] at::Device device() const { return groups_.front().parameters.front().tensor.device(); }

  [[nodiscard]] const std::vector<ParameterGroup>& groups() const { return groups_; }
  /// Parameters trained, in elements.
  [[nodiscard]] int64_t num_elements() const;

  /// Names and tensors of parameters and optimizer state, in a fixed order. Copying into the tensors restores
  /// them.
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state();
  /// Rounds all masters into the tensors that the model computes with; to be called after masters were
  /// restored.
  void round_masters();

 private:
  struct GroupState {
    std::vector<at::Tensor> first_moment, second_moment, steps;
  };

  [[nodiscard]] std::vector<at::Tensor> gradients() const;
  void step_adamw(const ParameterGroup& group, GroupState& state, double learning_rate);
  static void step_muon(const ParameterGroup& group, GroupState& state, double learning_rate);

  std::vector<ParameterGroup> groups_;
  std::vector<GroupState> states_;
  bool keeps_gradients_ = false;
};

}  // namespace imp::harness
