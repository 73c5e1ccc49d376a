// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

#include "models/config/model_config.h"
#include "models/layers/linear.h"
#include "models/layers/norm.h"
#include "models/weights/weight_source.h"

namespace imp::models {

/// A vision transformer with pre-norm blocks: patch embedding -> blocks -> final norm.
/// SigLIP, CLIP and ViT share it; they differ in names, class token, biases and the norm before the blocks.
class VisionTower {
 public:
  VisionTower(const VisionConfig& config, WeightSource& weights);

  [[nodiscard]] const VisionConfig& config() const { return config_; }
  /// Tokens of an image: patches, and the class token where the family has one.
  [[nodiscard]] int64_t num_tokens() const {
    return config_.num_patches() + (config_.has_class_token() ? 1 : 0);
  }

  /// pixel_values [batch, channels, image_size, image_size] -> hidden_states[0], [batch, tokens, hidden].
  [[nodiscard]] at::Tensor embeddings(const at::Tensor& pixel_values) const;
  /// Blocks first..last-1 applied to [batch, tokens, hidden].
  [[nodiscard]] at::Tensor blocks(const at::Tensor& hidden_states, int64_t first, int64_t last) const;
  /// The norm after the last block, on [..., hidden].
  [[nodiscard]] at::Tensor final_norm(const at::Tensor& hidden_states) const {
    return final_norm_.forward(hidden_states);
  }

  /// LLaVA's image features: the selected hidden states (negative layers count from the end; no final norm)
  /// side by side, without the first token if asked. [batch, channels, size, size] -> [batch, image tokens,
  /// layers * hidden].
  [[nodiscard]] at::Tensor features(const at::Tensor& pixel_values, const FeatureSelection& selection) const;

  /// Index of the block whose output hidden_states[layer] is, counted as "blocks to run". Throws imp::Error
  /// (usage) if the tower has no such state.
  [[nodiscard]] int64_t blocks_to_run(int64_t layer) const;

  /// Every parameter with its name inside a SiglipVisionModel, CLIPVisionModel (both without `vision_model.`)
  /// or ViTModel.
  void visit_parameters(const ParameterVisitor& visit);

  /// Lays the weights out for a tower that is only asked (Linear::pack). In float32 on the CPU its features
  /// are then the same bits whatever pictures are beside, and are computed on the calling thread alone.
  void pack();

  /// Makes queries, keys and values of a block one product (layers/joint_linear.h), for a GPU.
  void join_projections();

 private:
  struct Block {
    LayerNorm norm_before, norm_after;
    Linear query, key, value, out;
    Linear fc1, fc2;
  };
  struct Names;
  [[nodiscard]] static Names names_of(VisionFamily family);
  /// Queries, keys and values, each [batch, heads, tokens, dim].
  [[nodiscard]] std::array<at::Tensor, 3> projected(const Block& block, const at::Tensor& x,
                                                    int64_t batch) const;
  [[nodiscard]] at::Tensor attention(const Block& block, const at::Tensor& x, int64_t batch) const;
  /// The patches' convolution, whose stride is its kernel, as one matrix product.
  [[nodiscard]] Linear patch_product() const;
  [[nodiscard]] bool only_asked() const;

  VisionConfig config_;
  at::Tensor class_token_;   ///< [hidden], flattened; undefined for SigLIP
  at::Tensor patch_weight_;  ///< [hidden, channels, patch, patch]
  at::Tensor patch_bias_;    ///< [hidden]; undefined for CLIP
  Linear packed_patch_;      ///< patch_product() once packed
  at::Tensor position_;      ///< [tokens, hidden]
  LayerNorm pre_norm_;       ///< CLIP only
  std::vector<Block> blocks_;
  LayerNorm final_norm_;
};

/// Loads a SiglipVisionModel, CLIPVisionModel, ViTModel or ViTForImageClassification directory, or the vision
/// half of a SiglipModel or CLIPModel one. Throws imp::Error (usage).
[[nodiscard]] std::unique_ptr<VisionTower> load_vision_tower(const std::filesystem::path& directory,
                                                             const at::TensorOptions& options);

}  // namespace imp::models
