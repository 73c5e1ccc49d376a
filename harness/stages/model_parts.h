// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "harness/plan/trial_models.h"
#include "models/llava/llava_model.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::harness {

/// A trial's language model with its tokenizer.
struct LanguageParts {
  std::filesystem::path directory;
  std::shared_ptr<models::TextModel> model;
  std::unique_ptr<models::Tokenizer> tokenizer;
  models::ConversationTemplate conversation;
};
[[nodiscard]] LanguageParts load_language(const Trial& trial, const SweepSpec& spec, at::ScalarType dtype);

/// A trial's vision tower, and how LLaVA takes features of it.
struct VisionParts {
  std::shared_ptr<models::VisionTower> tower;
  std::filesystem::path processor_directory;
  int64_t feature_layer = -2;
  bool drop_class_token = true;
};
[[nodiscard]] VisionParts load_vision(const Trial& trial, const SweepSpec& spec);

/// The projector of a `checkpoint`, or of `init_projector`; nothing if a fresh one is to be trained.
[[nodiscard]] std::optional<models::Projector> given_projector(const Trial& trial, const SweepSpec& spec,
                                                               int64_t vision_hidden, int64_t text_hidden);

}  // namespace imp::harness
