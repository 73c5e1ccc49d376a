// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/model_parts.h"

#include <ATen/ATen.h>

namespace imp::harness {
LanguageParts load_language(const Trial& trial, const SweepSpec& spec, at::ScalarType dtype) {
  const ModelDirectories directories = model_directories(trial, spec);
  LanguageParts parts;
  parts.directory = directories.llm;
  if (directories.is_llava) {
    parts.model = models::LlavaCheckpoint(directories.llm).text_model(dtype);
  } else {
    parts.model = models::load_text_model(directories.llm, dtype);
  }
  parts.tokenizer = models::Tokenizer::load(directories.llm);
  parts.tokenizer->check_fits(parts.model->config().vocab_size, directories.llm);
  parts.conversation = conversation_of(trial.config);
  return parts;
}

VisionParts load_vision(const Trial& trial, const SweepSpec& spec) {
  const ModelDirectories directories = model_directories(trial, spec);
  VisionParts parts;
  parts.processor_directory = directories.encoder;
  if (directories.is_llava) {
    const models::LlavaCheckpoint checkpoint(directories.encoder);
    parts.tower = checkpoint.vision_tower(at::kFloat);
    parts.feature_layer = checkpoint.config().vision_feature_layer;
    parts.drop_class_token = checkpoint.config().drop_class_token;
  } else {
    parts.tower = models::load_vision_tower(directories.encoder, at::kFloat);
  }
  return parts;
}

std::optional<models::Projector> given_projector(const Trial& trial, const SweepSpec& spec,
                                                 int64_t vision_hidden, int64_t text_hidden) {
  if (!trial.config.init_projector.empty()) {
    return models::load_projector(trial.config.init_projector, vision_hidden, text_hidden);
  }
  const ModelDirectories directories = model_directories(trial, spec);
  if (!directories.is_llava) return std::nullopt;
  return models::LlavaCheckpoint(directories.llm).projector(at::kFloat);
}

}  // namespace imp::harness
