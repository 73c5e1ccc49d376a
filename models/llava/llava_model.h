// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/llava/projector.h"
#include "models/text/text_model.h"
#include "models/vision/vision_tower.h"

namespace imp::models {

/// A LLaVA assembly: pixel_values -> vision_tower -> image_features -> projector -> text model.
struct LlavaModel {
  LlavaConfig config;
  std::shared_ptr<VisionTower> vision_tower;
  Projector projector;
  std::shared_ptr<TextModel> text_model;

  /// pixel_values [images, channels, size, size] -> [images, image tokens, vision hidden], not yet projected.
  [[nodiscard]] at::Tensor image_features(const at::Tensor& pixel_values) const;
  /// Lays out all parts for a model that is only asked (Linear::pack).
  void pack();
  /// Image tokens of one picture.
  [[nodiscard]] int64_t num_image_tokens() const;
};

/// Throws imp::Error (usage) if a prompt has more or fewer places for image tokens than its pictures have.
void check_image_tokens(int64_t places, int64_t rows);

/// input_ids [tokens] with `image_token` at the places of image tokens, projected [images, image tokens, text
/// hidden] in order of appearance -> inputs_embeds [tokens, text hidden]. Differentiable in `projected`.
/// Throws imp::Error (usage) if the numbers of places and of projected rows differ.
[[nodiscard]] at::Tensor splice_image_features(const TextModel& text_model, const at::Tensor& input_ids,
                                               int64_t image_token, const at::Tensor& projected);
/// The same where the places of the image tokens, [image tokens] int64, are known: a GPU need not be asked
/// for them.
[[nodiscard]] at::Tensor splice_image_features(const TextModel& text_model, const at::Tensor& input_ids,
                                               int64_t image_token, const at::Tensor& projected,
                                               const at::Tensor& places);

/// A LlavaForConditionalGeneration directory, names of transformers 4.x and 5.x alike. Each part is read on
/// its own, so that training from cached features holds no vision tower. All throw imp::Error (usage) naming
/// file, tensor or key.
class LlavaCheckpoint {
 public:
  explicit LlavaCheckpoint(std::filesystem::path directory);

  [[nodiscard]] const LlavaConfig& config() const { return config_; }
  [[nodiscard]] std::unique_ptr<TextModel> text_model(const at::TensorOptions& options) const;
  [[nodiscard]] std::shared_ptr<VisionTower> vision_tower(const at::TensorOptions& options) const;
  [[nodiscard]] Projector projector(const at::TensorOptions& options) const;

 private:
  std::filesystem::path directory_;
  LlavaConfig config_;
};

/// All parts of a LLaVA directory.
[[nodiscard]] LlavaModel load_llava(const std::filesystem::path& directory, const at::TensorOptions& options);

/// Tensors of a LLaVA directory's vision tower that imp has no use for (SigLIP's attention pooling, ViT's
/// pooler), under the names that save_llava writes. transformers misses them where they are left out.
[[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> unused_tower_tensors(
    const std::filesystem::path& directory, LlavaModel& model);

/// Writes config.json and model.safetensors under transformers 4.x's names, which every version since loads,
/// and `further` tensors as they are. Adapters must have been merged. Throws imp::Error (environment) if
/// writing fails.
void save_llava(const std::filesystem::path& directory, LlavaModel& model,
                const std::vector<std::pair<std::string, at::Tensor>>& further = {});

}  // namespace imp::models
