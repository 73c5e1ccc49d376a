// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "models/config/model_config.h"

namespace imp::models {

/// Low-rank update of a frozen linear layer (Hu et al., 2021): y = x W^T + scaling * (x A^T) B^T.
struct LoraAdapter {
  at::Tensor lora_A;         ///< [rank, in_features], trained
  at::Tensor lora_B;         ///< [out_features, rank], trained
  double scaling = 1.0;      ///< alpha / rank
  double dropout = 0.0;      ///< probability of dropping a channel of x on the way to A, in training only
  uint64_t dropout_key = 0;  ///< randomness of this layer; combined with the step by the trainer
};

class PackedLinear;

/// y = x W^T + bias, with an optional LoRA update.
struct Linear {
  at::Tensor weight;  ///< [out_features, in_features]
  at::Tensor bias;    ///< [out_features] or undefined
  std::optional<LoraAdapter> adapter;
  std::shared_ptr<const PackedLinear> packed =
      nullptr;  ///< made by pack(); used where no gradient is asked for

  [[nodiscard]] int64_t in_features() const { return weight.size(1); }
  [[nodiscard]] int64_t out_features() const { return weight.size(0); }

  /// x [tokens, in_features] -> [tokens, out_features], same dtype as x.
  /// dropout_step selects the dropout mask; 0 turns dropout off (evaluation).
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, uint64_t dropout_step = 0) const;
  /// activate(forward(x)), in one go where packed.
  [[nodiscard]] at::Tensor forward_activated(const at::Tensor& x, Activation activation,
                                             uint64_t dropout_step = 0) const;
  /// addend + forward(x), in one go where packed.
  [[nodiscard]] at::Tensor forward_added(const at::Tensor& addend, const at::Tensor& x,
                                         uint64_t dropout_step = 0) const;

  /// Adds the adapter's update to the weight and removes the adapter.
  void merge_adapter();

  /// Lays a float32 weight on the CPU out for generation (packed_linear.h); does nothing for another weight
  /// or beside an adapter. Changing the weight afterwards asks for another pack().
  void pack();
  /// Whether the packed weight serves now.
  [[nodiscard]] bool only_asked() const;
};

/// addend + last(activate(first(x))), the layers of a block's MLP: x [tokens, in] and addend [tokens, out].
[[nodiscard]] at::Tensor feed_forward(const at::Tensor& addend, const Linear& first, Activation activation,
                                      const Linear& last, const at::Tensor& x, uint64_t dropout_step = 0);

}  // namespace imp::models
