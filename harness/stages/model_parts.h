// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "harness/plan/trial_models.h"
#include "models/llava/llava_model.h"
#include "models/lora/peft_adapter.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::harness {

/// A trial's language model with its tokenizer. options: the numbers and the device of its weights.
struct LanguageParts {
  std::filesystem::path directory;
  std::shared_ptr<models::TextModel> model;
  std::unique_ptr<models::Tokenizer> tokenizer;
  models::ConversationTemplate conversation;
};
[[nodiscard]] LanguageParts load_language(const Trial& trial, const SweepSpec& spec,
                                          const at::TensorOptions& options);

/// A trial's vision tower, and how LLaVA takes features of it.
struct VisionParts {
  std::shared_ptr<models::VisionTower> tower;
  std::filesystem::path processor_directory;
  models::FeatureSelection features;
};
/// adapter: its changes of the tower are put into it; nullptr: none.
[[nodiscard]] VisionParts load_vision(const Trial& trial, const SweepSpec& spec,
                                      const models::PeftAdapter* adapter,
                                      const at::TensorOptions& options = at::kFloat);

/// The adapter that stage 2 starts from, nothing if it starts from a fresh one or trains something else.
[[nodiscard]] std::optional<models::PeftAdapter> initial_adapter(const TrialConfig& config);

/// The projector of a `checkpoint`, or of `init_projector`; nothing if a fresh one is to be trained.
[[nodiscard]] std::optional<models::Projector> given_projector(const Trial& trial, const SweepSpec& spec,
                                                               int64_t feature_width, int64_t text_hidden);
/// A projector's file with the activation of the trial's `checkpoint`, if it has one.
[[nodiscard]] models::Projector read_projector(const std::filesystem::path& file, const Trial& trial,
                                               const SweepSpec& spec, int64_t feature_width,
                                               int64_t text_hidden);

}  // namespace imp::harness
