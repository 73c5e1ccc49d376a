// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "models/conversation/encode_row.h"
#include "models/text/text_model.h"

namespace imp::harness {

/// Rows packed one after another, without padding.
struct TokenBatch {
  at::Tensor input_ids;  ///< [tokens] int64, models::kImagePlaceholder at the places of image features
  std::vector<int64_t> lengths;
  std::vector<std::vector<int32_t>> turns;  ///< of each token, where turns are isolated; else empty
  at::Tensor selected;                      ///< [supervised] int64: tokens whose next token is learned
  at::Tensor targets;                       ///< [supervised] int64: those next tokens
  at::Tensor image_places;                  ///< [placeholders] int64: where those places are

  [[nodiscard]] int64_t tokens() const { return input_ids.size(0); }
  [[nodiscard]] int64_t supervised() const { return targets.size(0); }
};

/// isolated: turns do not see each other (models::TurnsMode::isolated). Rows without a token are left out. The tensors
/// are on `device`.
[[nodiscard]] TokenBatch pack_rows(std::span<const models::EncodedRow* const> rows, bool isolated,
                                   at::Device device = at::kCPU);

/// Sum over the supervised tokens of weight x cross-entropy, float32 scalar, differentiable.
/// image_features: [placeholders, hidden], already projected, in order of appearance; undefined without
/// pictures. weights: [supervised] float32; undefined: all one. dropout_step as in TextModel::hidden_states.
[[nodiscard]] at::Tensor summed_loss(const models::TextModel& model, const TokenBatch& batch,
                                     const at::Tensor& image_features, const at::Tensor& weights,
                                     uint64_t dropout_step);

}  // namespace imp::harness
