// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "harness/pretrain/patch_targets.h"
#include "harness/pretrain/picture_stream.h"
#include "harness/pretrain/reading_heads.h"
#include "harness/train/training_loop.h"
#include "models/vision/vision_tower.h"

namespace imp::harness {

struct VisionPretrainingOptions {
  models::VisionConfig vision;
  int64_t steps = 0, batch_size = 64;
  double learning_rate = 1e-3;         ///< AdamW's, on all but the blocks' matrices
  double matrix_learning_rate = 0.01;  ///< Muon's, on the blocks' matrices
  uint64_t seed = 1;
  bool characters = true;  ///< SigLIP and CLIP: characters are labelled at their patches, not words alone
  bool bfloat16 = false;   ///< products of the tower in bfloat16; weights and losses stay float32
  at::Device device = at::kCPU;
};

/// Pretrains a small vision tower on rendered pictures.
///
/// SigLIP and CLIP learn from language with places, as grounded pretraining has it (RegionCLIP, GLIP); a
/// renderer knows the places for free. The loss is the sum of: cross-entropy of each character at its patch
/// (left out where `characters` is false: then words are all that it is told);
/// InfoNCE between every patch of a sign (or object) and the word's embedding, and between it and the sign's
/// colour word; 0.5 x contrast of the whole picture with its whole caption, sigmoid for SigLIP (Zhai et al.,
/// 2023), softmax for CLIP (Radford et al., 2021). The patch losses stand at hidden_states[-2], the layer
/// that LLaVA takes, so the last block serves the caption only.
///
/// ViT sees the same pictures and learns categories (categories.h) and never a text, by token labelling
/// (Jiang et al., 2021): its mean patch is classified, and so is each patch of a sign or object, at the same
/// places and the same layer at which the others are told words. So what differs from SigLIP is what the
/// labels say.
class VisionPretraining : public TrainingTask {
 public:
  /// assets and vocabulary must outlive the task.
  VisionPretraining(const VisionPretrainingOptions& options, const Assets& assets,
                    const Vocabulary& vocabulary);
  ~VisionPretraining() override;

  [[nodiscard]] std::vector<ParameterGroup> parameter_groups() override;
  [[nodiscard]] int64_t total_steps() const override { return options_.steps; }
  [[nodiscard]] int64_t micro_batches(int64_t) const override { return 1; }
  [[nodiscard]] MicroBatchLoss forward(int64_t step, int64_t micro_batch) override;

  /// What a trained tower can do on pictures of a split's faces and backgrounds, for its card.
  struct Reading {
    double words = 0.0;       ///< sign words told right, among all sign words, from a sign's middle patch
    double open_words = 0.0;  ///< words never shown in training, among as many held-out ones (ViT: 0)
    double letters = 0.0;     ///< characters told right at their patch
    double objects = 0.0;     ///< objects told right, among all objects, from their middle patch
    double categories = 0.0;  ///< F1 of the class head over the categories shown (ViT alone)
  };
  [[nodiscard]] Reading measure_reading(int64_t pictures, Split split);

  /// Scales what is written into the residual stream so that hidden_states[-2] has unit standard deviation:
  /// the blocks' norms undo it, so the tower computes the same up to the norms' epsilon, and a projector
  /// meets features of a usual size.
  void normalize_feature_scale();

  /// Rounds tower and heads to bfloat16 and writes them as model.safetensors (a Hugging Face vision model)
  /// and reading_heads.safetensors, which measure_reading needs. What is measured afterwards is what was
  /// saved.
  void save(const std::filesystem::path& directory);
  /// Takes tower and heads from a directory that save() wrote. Throws imp::Error (usage) if they do not fit.
  void load(const std::filesystem::path& directory);

 private:
  /// Calls visit_tower with the names of a Hugging Face vision model.
  void visit_tower(const models::ParameterVisitor& visit);
  struct Hidden {
    at::Tensor patches;  ///< [batch * patches, hidden] at hidden_states[-2], normed by the heads' own norm
    at::Tensor pooled;   ///< [batch, hidden] after the last block and the final norm
  };
  [[nodiscard]] PatchGrid patch_grid() const;
  [[nodiscard]] at::Tensor pixel_values(const at::Tensor& pictures) const;
  [[nodiscard]] Hidden run_tower(const at::Tensor& pictures) const;
  [[nodiscard]] PatchTargets patch_targets(const PictureBatch& batch) const;
  [[nodiscard]] at::Tensor language_loss(const PictureBatch& batch, const Hidden& hidden, int64_t step) const;
  [[nodiscard]] at::Tensor category_loss(const PictureBatch& batch, const Hidden& hidden) const;
  [[nodiscard]] at::Tensor caption_embeddings(const PictureBatch& batch) const;
  /// [patches, objects]: how much each patch looks like each object, by what the tower was told.
  [[nodiscard]] at::Tensor object_scores(const at::Tensor& patches) const;
  [[nodiscard]] double reading_accuracy(const SceneSampler& sampler,
                                        const std::vector<std::string>& candidates, int64_t pictures,
                                        Reading& reading) const;
  [[nodiscard]] double category_f1(const SceneSampler& sampler, int64_t pictures) const;

  VisionPretrainingOptions options_;
  const Assets& assets_;
  const Vocabulary& vocabulary_;
  std::unique_ptr<SceneSampler> sampler_;
  std::unique_ptr<Renderer> renderer_;
  std::unique_ptr<PictureStream> stream_;
  std::unique_ptr<models::VisionTower> tower_;
  std::unique_ptr<ReadingHeads> heads_;
};

/// Mean and standard deviation of pixel values (in [0, 1]) that a family's processor subtracts and divides
/// by.
struct PixelNormalization {
  double mean[3];
  double standard_deviation[3];
};
[[nodiscard]] PixelNormalization pixel_normalization(models::VisionFamily family);

/// The `embedded` profile's towers: 96 x 96 pictures, patch 12, hidden 128, 6 blocks.
[[nodiscard]] models::VisionConfig embedded_vision_config(models::VisionFamily family);

}  // namespace imp::harness
