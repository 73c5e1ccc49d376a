// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/config/model_config.h"

namespace imp::models {

/// By how much a position turns each pair of channels.
struct RopeFrequencies {
  at::Tensor inverse;      ///< [rotary_dim / 2] float32, radians a position
  double amplitude = 1.0;  ///< what cos and sin are multiplied by
};

/// theta^(-2i / rotary_dim) (Su et al., 2021, sec. 3.4).
[[nodiscard]] RopeFrequencies plain_frequencies(int64_t rotary_dim, double theta);

/// The same, rescaled as the config says, for sequences that end before first_rescaled_position(): linear
/// interpolation, YaRN (Peng et al., 2023, sec. 3), LongRoPE's short factors (Ding et al., 2024) and
/// Llama 3.1's bands.
[[nodiscard]] RopeFrequencies rope_frequencies(const TextConfig& config);

}  // namespace imp::models
