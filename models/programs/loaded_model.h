// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/conversation/answer_end.h"
#include "models/conversation/encode_row.h"
#include "models/image/image_processor.h"
#include "models/llava/llava_model.h"
#include "models/lora/merge_adapter.h"
#include "models/programs/model_options.h"
#include "models/programs/requests.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::models {

/// The LLaVA of `options.directory`, or of its language model, `options.encoder` and `options.projector` (the
/// parts of a study's cell), with the adapter merged in and the projector put in its place: `--projector`
/// before one that the adapter has saved, and that before the checkpoint's. Throws imp::Error (usage).
[[nodiscard]] LlavaModel load_assembled_llava(const ModelOptions& options);

/// merge_adapter for a language model alone. Throws imp::Error (usage) also for an adapter of a LLaVA's other
/// parts.
void merge_into_language_model(const PeftAdapter& adapter, TextModel& model);

/// Where the tokenizer lies: beside the adapter if that brings embeddings and the tokenizer they were trained
/// with, else in the model's directory.
[[nodiscard]] std::filesystem::path tokenizer_directory(const ModelOptions& options);

/// A model ready to be asked. For the directory of a language model alone, all but `llava.text_model` stays
/// empty.
struct LoadedModel {
  LlavaModel llava;
  std::unique_ptr<Tokenizer> tokenizer;
  ConversationTemplate conversation;
  std::optional<ImageProcessor> processor;
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
  std::filesystem::path directory;  ///< of the language model
  bool trained = false;             ///< an adapter or projector came beside it

  /// The request's prompt. Throws imp::Error (usage) if it has a picture and the model cannot see, or is
  /// empty.
  [[nodiscard]] EncodedRow prompt(const Request& request) const;
  /// Picture files -> [pictures, 3, size, size] float32 in the CPU's memory, pinned for a model on a GPU;
  /// decoded on so many threads.
  [[nodiscard]] at::Tensor pixel_values(const std::vector<std::filesystem::path>& pictures,
                                        int threads) const;
  /// Pixel values -> [pictures, image tokens, text hidden] on the model's device, which is not waited for.
  [[nodiscard]] at::Tensor projected(const at::Tensor& pixel_values) const;
  /// Pictures below `images` -> [pictures, image tokens, text hidden]; undefined for none.
  [[nodiscard]] at::Tensor projected(const std::vector<std::string>& pictures,
                                     const std::filesystem::path& images) const;
  /// What the directory says about answers (models/conversation/answer_end.h). Throws imp::Error (usage).
  [[nodiscard]] GenerationConfig answer_settings(int64_t beams) const;
};

/// Reads everything that options name. Throws imp::Error (usage).
[[nodiscard]] LoadedModel load_model(const ModelOptions& options);

}  // namespace imp::models
