// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/trial_models.h"

#include <nlohmann/json.hpp>

#include "harness/plan/model_location.h"
#include "models/config/flop_count.h"

namespace imp::harness {

ModelDirectories model_directories(const Trial& trial, const SweepSpec& spec) {
  const TrialConfig& config = trial.config;
  if (!config.checkpoint.empty()) {
    const auto folder = find_model("checkpoint", config.checkpoint, spec.file, spec.baseline_location);
    return {folder, folder, true};
  }
  return {find_model("llm", language_model(config), spec.file, spec.baseline_location),
          find_model("encoder", config.encoder, spec.file, spec.baseline_location), false};
}

models::TextConfig text_config(const ModelDirectories& directories) {
  const nlohmann::json config = models::read_config_json(directories.llm);
  const std::string where = models::config_path(directories.llm).string();
  return directories.is_llava ? models::parse_llava_config(config, where).text
                              : models::parse_text_config(config, where);
}

models::VisionConfig vision_config(const ModelDirectories& directories) {
  const nlohmann::json config = models::read_config_json(directories.encoder);
  const std::string where = models::config_path(directories.encoder).string();
  return directories.is_llava ? models::parse_llava_config(config, where).vision
                              : models::parse_vision_config(config, where);
}

FeatureShape feature_shape(const ModelDirectories& directories) {
  const nlohmann::json config = models::read_config_json(directories.encoder);
  const std::string where = models::config_path(directories.encoder).string();
  models::LlavaConfig llava;
  if (directories.is_llava) {
    llava = models::parse_llava_config(config, where);
  } else {
    llava.vision = models::parse_vision_config(config, where);
    llava.features = models::FeatureSelection::of_patches(llava.vision);
  }
  return {llava.features.image_tokens(llava.vision), llava.features.width(llava.vision),
          models::vision_flops(llava.vision, llava.features, 1)};
}

models::ConversationTemplate conversation_of(const TrialConfig& config) {
  const ConversationTemplate& chosen = config.conversation;
  if (!chosen.name.empty()) return models::conversation_template(chosen.name);
  return models::custom_conversation(chosen.system, chosen.user, chosen.assistant, chosen.turn_end);
}

}  // namespace imp::harness
