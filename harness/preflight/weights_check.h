// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "models/config/model_config.h"

namespace imp::harness {

// What files of weights hold, by their headers alone: names, shapes, and whether the file is as long as its
// header says. All throw imp::Error (usage) naming file and tensor.

/// A language model's directory or GGUF file, or a LLaVA's: each linear layer that the config tells, and the
/// embedding.
void check_language_weights(const std::filesystem::path& model, const models::TextConfig& text);

/// A vision tower's directory, or a LLaVA's: the patch embedding's shape.
void check_vision_weights(const std::filesystem::path& model, const models::VisionConfig& vision);

/// A projector in a file of its own or inside a LLaVA: its two layers lead from a feature's width to the
/// language model's.
void check_projector_weights(const std::filesystem::path& file, std::int64_t text_hidden,
                             std::int64_t feature_width);

/// A PEFT directory: its config, and that each LoRA matrix of a layer of the language model has the layer's
/// width.
void check_adapter(const std::filesystem::path& directory, const models::TextConfig& text);

}  // namespace imp::harness
