// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "models/conversation/encode_row.h"
#include "models/text/text_model.h"

namespace imp::harness {

/// Multiples that a batch's sizes are filled up to, so that few shapes come often (on a GPU, step_graphs.h);
/// 1: none.
struct BatchFilling {
  int64_t tokens = 1, supervised = 1, sequences = 1;
};

/// Rows packed one after another, without padding; on a GPU one more sequence may fill up the shape, from
/// which nothing is learned.
struct TokenBatch {
  at::Tensor input_ids;  ///< [tokens] int64, models::kImagePlaceholder at the places of image features
  std::vector<int64_t> lengths;
  std::vector<std::vector<int32_t>> turns;  ///< of each token, where turns are isolated; else empty
  at::Tensor selected;                      ///< [supervised] int64: tokens whose next token is learned
  at::Tensor targets;                       ///< [supervised] int64: those next tokens
  at::Tensor image_places;                  ///< [placeholders] int64: where those places are

  models::SequenceLayout layout;               ///< made with the batch on a GPU; else when it is needed
  int64_t num_tokens = 0, num_supervised = 0;  ///< without what fills up

  [[nodiscard]] int64_t tokens() const { return num_tokens; }
  [[nodiscard]] int64_t supervised() const { return num_supervised; }
};

/// isolated: turns do not see each other (models::TurnsMode::isolated). Rows without a token are left out.
/// The tensors are on `device`; filling is a GPU's.
[[nodiscard]] TokenBatch pack_rows(std::span<const models::EncodedRow* const> rows, bool isolated,
                                   at::Device device = at::kCPU, const BatchFilling& filling = {});

/// Sum over the supervised tokens of weight x cross-entropy, float32 scalar, differentiable.
/// image_features: [placeholders, hidden], already projected, in order of appearance; undefined without
/// pictures. weights: [supervised] float32; undefined: all one. dropout_step as in TextModel::hidden_states.
[[nodiscard]] at::Tensor summed_loss(const models::TextModel& model, const TokenBatch& batch,
                                     const at::Tensor& image_features, const at::Tensor& weights,
                                     uint64_t dropout_step);

}  // namespace imp::harness
