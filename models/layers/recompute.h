// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace imp::models {

/// A piece of a model: hidden_states [tokens, hidden] -> [tokens, hidden].
using BlockForward = std::function<at::Tensor(const at::Tensor& hidden_states)>;

/// block(hidden_states) without keeping what its backward pass needs: backward runs the block again
/// (activation recomputation, Chen et al., 2016). Costs one more forward pass; keeps only the block's input.
/// The block must compute the same each time it is called, and may read trained parameters, whose gradients
/// accumulate as usual. What it captures must live until the backward pass.
[[nodiscard]] at::Tensor recomputed(const BlockForward& block, const at::Tensor& hidden_states);

}  // namespace imp::models
