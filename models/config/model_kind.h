// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/config/model_config.h"

namespace imp::models {

/// What a model directory may be.
enum class ModelKind { language_model, vision_tower, llava };

/// The kind that a config.json's model_type says. Throws imp::Error (usage) with the kinds that imp reads,
/// and for the layouts of LLaVA's and Imp's own trainers how to get one that is read.
[[nodiscard]] ModelKind model_kind(const nlohmann::json& config, const std::string& where);

/// The family of a language model's or tower's config. Throw imp::Error (usage) for any other model_type.
[[nodiscard]] TextFamily text_family(const nlohmann::json& config, const std::string& where);
[[nodiscard]] VisionFamily vision_family(const nlohmann::json& config, const std::string& where);

/// Throws imp::Error (usage) unless it is a LLaVA in transformers' layout.
void require_llava(const nlohmann::json& config, const std::string& where);

}  // namespace imp::models
