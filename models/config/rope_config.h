// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "models/config/config_section.h"
#include "models/config/model_config.h"

namespace imp::models {

/// Reads the rotary embedding's keys into `text`, whose head_dim and max_position_embeddings are known:
/// rope_theta and partial_rotary_factor beside the other keys (transformers 4.x) or in rope_parameters (5.x),
/// and the scaling in rope_scaling (4.x, and first in 5.x too) or rope_parameters. Throws imp::Error (usage).
void parse_rope(const ConfigSection& section, TextConfig& text);

/// Adds the keys that both generations of transformers read back.
void write_rope(const TextConfig& text, nlohmann::json& config);

}  // namespace imp::models
