// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <span>

#include "models/layers/linear.h"

namespace imp::models {

/// Lays the weights of layers with the same input, and their biases, behind each other in one tensor, of
/// which the layers' own become views: one product serves all (joint_forward). Does nothing where they lie so
/// already.
void lay_together(std::span<Linear* const> layers);

/// The same for the layers' A, of LoRA, if all have one.
void lay_adapters_together(std::span<Linear* const> layers);

/// The layers' outputs side by side, [tokens, sum of out], by one product, each with its adapter (LoRA in the
/// factored form, the adapters' A side by side too). activation: GELU's of x, which is then made again in the
/// backward pass and not kept. Nothing where the weights do not lie together, dropout is at work, or for
/// another activation.
[[nodiscard]] std::optional<at::Tensor> joint_forward(std::span<const Linear* const> layers,
                                                      const at::Tensor& x, uint64_t dropout_step,
                                                      std::optional<Activation> activation = {});

}  // namespace imp::models
