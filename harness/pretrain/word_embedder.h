// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/layers/linear.h"
#include "models/weights/weight_source.h"

namespace imp::harness {

/// The text side of grounded contrastive pretraining: a word is the characters at its first twelve positions,
/// embedded, joined and passed through two linear layers, so that words never seen have embeddings near those
/// spelled alike.
class WordEmbedder {
 public:
  /// width: of the embeddings, that of the vision tower.
  WordEmbedder(int64_t width, models::WeightSource& weights);

  /// Words of letters and digits, any case -> [words, width].
  [[nodiscard]] at::Tensor embed(const std::vector<std::string>& words) const;

  void visit_parameters(const models::ParameterVisitor& visit);

 private:
  at::Tensor characters_;  ///< [38, character width]; 0 is the end of the word
  models::Linear hidden_, out_;
};

}  // namespace imp::harness
