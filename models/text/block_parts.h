// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "models/config/model_config.h"
#include "models/layers/self_attention.h"
#include "models/weights/weight_source.h"

namespace imp::models {

/// `model.layers.<index>.`, the start of a block's state-dict keys in every family.
[[nodiscard]] std::string block_prefix(size_t index);

enum class WithBias : bool { no, yes };

/// The layer `<name>.weight` [out, in] (and `<name>.bias` [out]). Throws imp::Error (usage) on other shapes.
[[nodiscard]] Linear take_linear(WeightSource& weights, const std::string& name, int64_t in, int64_t out,
                                 WithBias bias);

/// The four layers `<block>self_attn.{q,k,v}_proj` and `<block>self_attn.<output_name>`.
[[nodiscard]] SelfAttention take_self_attention(WeightSource& weights, const std::string& block,
                                                const std::string& output_name, const TextConfig& config,
                                                WithBias bias);

}  // namespace imp::models
