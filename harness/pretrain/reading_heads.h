// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "harness/pretrain/word_embedder.h"
#include "models/layers/linear.h"
#include "models/layers/norm.h"
#include "models/weights/weight_source.h"

namespace imp::harness {

/// What reads a vision tower during its pretraining. A study never sees it; it is kept beside the tower so
/// that what the tower's card says can be measured again.
struct ReadingHeads {
  /// hidden: width of the tower.
  ReadingHeads(int64_t hidden, models::WeightSource& weights);

  void visit_parameters(const models::ParameterVisitor& visit);

  WordEmbedder words;
  models::LayerNorm patch_norm;     ///< of patches at hidden_states[-2], before the heads
  models::Linear letter;            ///< patch -> character, 0 for none
  models::Linear word, color;       ///< patch -> space of the word embeddings
  models::Linear picture, caption;  ///< whole picture and whole caption -> one space
  models::Linear category;          ///< mean patch, or patch -> category_count() logits
  at::Tensor temperature;   ///< logarithms of the contrasts' inverse temperatures: word, color, caption
  at::Tensor sigmoid_bias;  ///< of SigLIP's loss
};

/// Rows scaled to unit length.
[[nodiscard]] at::Tensor unit_rows(const at::Tensor& x);

}  // namespace imp::harness
