// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "harness/plan/expand.h"
#include "models/config/model_config.h"
#include "models/conversation/conversation_template.h"

namespace imp::harness {

/// Directories that a trial's configuration names.
struct ModelDirectories {
  std::filesystem::path llm, encoder;
  bool is_llava = false;  ///< `checkpoint` names one directory for both
};
/// Throws imp::Error (usage) as find_model.
[[nodiscard]] ModelDirectories model_directories(const Trial& trial, const SweepSpec& spec);

/// The shapes of a trial's models, read from their configs. Throw imp::Error (usage).
[[nodiscard]] models::TextConfig text_config(const ModelDirectories& directories);
[[nodiscard]] models::VisionConfig vision_config(const ModelDirectories& directories);

/// What a picture's features are.
struct FeatureShape {
  int64_t image_tokens = 0;
  int64_t width = 0;  ///< numbers of a feature, which the projector takes
  double flops = 0;   ///< of the encoder's products for one picture
};
[[nodiscard]] FeatureShape feature_shape(const ModelDirectories& directories);

/// The prompt format that a configuration names or spells out.
[[nodiscard]] models::ConversationTemplate conversation_of(const TrialConfig& config);

}  // namespace imp::harness
