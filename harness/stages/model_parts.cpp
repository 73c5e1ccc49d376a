// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/model_parts.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "models/lora/merge_adapter.h"

namespace imp::harness {

LanguageParts load_language(const Trial& trial, const SweepSpec& spec, const at::TensorOptions& options) {
  const ModelDirectories directories = model_directories(trial, spec);
  LanguageParts parts;
  parts.directory = directories.llm;
  if (directories.is_llava) {
    parts.model = models::LlavaCheckpoint(directories.llm).text_model(options);
  } else {
    parts.model = models::load_text_model(directories.llm, options);
  }
  parts.tokenizer = models::Tokenizer::load(directories.llm);
  parts.tokenizer->check_fits(parts.model->config().vocab_size, directories.llm);
  parts.conversation = conversation_of(trial.config);
  return parts;
}

namespace {

/// A tower of the directory's shape with fresh weights, the same in all trials. The deviation is that of the
/// towers' own initialisation (`initializer_range` of SigLIP, CLIP and ViT).
std::shared_ptr<models::VisionTower> untrained_tower(const std::filesystem::path& directory,
                                                     const at::TensorOptions& options) {
  models::RandomSource weights(1, 0.02);
  auto tower = std::make_shared<models::VisionTower>(
      models::parse_vision_config(models::read_config_json(directory),
                                  models::config_path(directory).string()),
      weights);
  tower->visit_parameters([&](const std::string&, at::Tensor& tensor) { tensor = tensor.to(options); });
  return tower;
}

}  // namespace

VisionParts load_vision(const Trial& trial, const SweepSpec& spec, const models::PeftAdapter* adapter,
                        const at::TensorOptions& options) {
  const ModelDirectories directories = model_directories(trial, spec);
  VisionParts parts;
  parts.processor_directory = directories.encoder;
  if (directories.is_llava) {
    const models::LlavaCheckpoint checkpoint(directories.encoder);
    parts.tower = checkpoint.vision_tower(options);
    parts.features = checkpoint.config().features;
  } else {
    parts.tower = trial.config.encoder_weights == "random"
                      ? untrained_tower(directories.encoder, options)
                      : models::load_vision_tower(directories.encoder, options);
    parts.features = models::FeatureSelection::of_patches(parts.tower->config());
  }
  if (adapter != nullptr) models::merge_adapter(*adapter, {.vision_tower = parts.tower.get()});
  if (!options.device().is_cpu()) parts.tower->join_projections();
  return parts;
}

std::optional<models::PeftAdapter> initial_adapter(const TrialConfig& config) {
  if (config.finetune != "lora" || config.init_adapter.empty()) return std::nullopt;
  return models::PeftAdapter(config.init_adapter);
}

std::optional<models::Projector> given_projector(const Trial& trial, const SweepSpec& spec,
                                                 int64_t feature_width, int64_t text_hidden) {
  if (!trial.config.init_projector.empty())
    return read_projector(trial.config.init_projector, trial, spec, feature_width, text_hidden);
  const ModelDirectories directories = model_directories(trial, spec);
  if (!directories.is_llava) return std::nullopt;
  return models::LlavaCheckpoint(directories.llm).projector(at::kFloat);
}

models::Projector read_projector(const std::filesystem::path& file, const Trial& trial, const SweepSpec& spec,
                                 int64_t feature_width, int64_t text_hidden) {
  const ModelDirectories directories = model_directories(trial, spec);
  const models::Activation activation =
      directories.is_llava ? models::LlavaCheckpoint(directories.llm).config().projector_hidden_act
                           : models::Activation::gelu;
  return models::load_projector(file, feature_width, text_hidden, activation);
}

}  // namespace imp::harness
