// SPDX-License-Identifier: Apache-2.0
#include "harness/train/token_batch.h"

#include <ATen/ATen.h>

#include "models/layers/sequence_layout.h"
#include "models/llava/llava_model.h"

namespace imp::harness {

TokenBatch pack_rows(std::span<const models::EncodedRow* const> rows, bool isolated) {
  TokenBatch batch;
  std::vector<int64_t> ids, selected, targets;
  for (const models::EncodedRow* row : rows) {
    if (row->ids.empty()) continue;
    const auto base = static_cast<int64_t>(ids.size());
    ids.insert(ids.end(), row->ids.begin(), row->ids.end());
    batch.lengths.push_back(static_cast<int64_t>(row->ids.size()));
    if (isolated) batch.turns.push_back(row->turns);
    for (size_t t = 1; t < row->labels.size(); ++t) {
      if (row->labels[t] == models::kIgnoreLabel) continue;
      selected.push_back(base + static_cast<int64_t>(t) - 1);
      targets.push_back(row->labels[t]);
    }
    batch.image_rows += static_cast<int64_t>(row->image_positions.size());
  }
  batch.input_ids = at::tensor(ids, at::kLong);
  batch.selected = at::tensor(selected, at::kLong);
  batch.targets = at::tensor(targets, at::kLong);
  return batch;
}

at::Tensor summed_loss(const models::TextModel& model, const TokenBatch& batch,
                       const at::Tensor& image_features, const at::Tensor& weights, uint64_t dropout_step) {
  const at::Tensor projected = image_features.defined() ? image_features.unsqueeze(0) : image_features;
  const at::Tensor embeds =
      models::splice_image_features(model, batch.input_ids, models::kImagePlaceholder, projected);
  const models::SequenceLayout layout = models::pack_sequences(batch.lengths, batch.turns, embeds.options());
  const at::Tensor hidden = model.hidden_states(embeds, layout, nullptr, batch.selected, dropout_step);
  const at::Tensor losses =
      at::cross_entropy_loss(model.logits(hidden), batch.targets, {}, at::Reduction::None);
  return weights.defined() ? (losses * weights).sum() : losses.sum();
}

}  // namespace imp::harness
