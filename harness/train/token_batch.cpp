// SPDX-License-Identifier: Apache-2.0
#include "harness/train/token_batch.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "models/device/upload.h"
#include "models/layers/recompute.h"
#include "models/layers/sequence_layout.h"
#include "models/llava/llava_model.h"

namespace imp::harness {
namespace {

/// The next multiple.
int64_t whole(int64_t count, int64_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

/// Summed cross-entropy, the logits of so many tokens at a time made again in the backward pass: all at once
/// they would take a good part of a GPU's memory.
at::Tensor summed_in_parts(const models::TextModel& model, const at::Tensor& hidden,
                           const at::Tensor& targets, int64_t at_once) {
  at::Tensor sum;
  for (int64_t first = 0; first < hidden.size(0); first += at_once) {
    const int64_t count = std::min(at_once, hidden.size(0) - first);
    const at::Tensor wanted = targets.narrow(0, first, count);
    const at::Tensor part = models::recomputed(
        [&model, wanted](const at::Tensor& rows) {
          return at::cross_entropy_loss(model.logits(rows), wanted, {}, at::Reduction::Sum);
        },
        hidden.narrow(0, first, count));
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

}  // namespace

TokenBatch pack_rows(std::span<const models::EncodedRow* const> rows, bool isolated, at::Device device,
                     const BatchFilling& filling) {
  TokenBatch batch;
  std::vector<int64_t> ids, selected, targets, places;
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
    for (const auto position : row->image_positions) places.push_back(base + static_cast<int64_t>(position));
  }
  batch.num_tokens = static_cast<int64_t>(ids.size());
  batch.num_supervised = static_cast<int64_t>(targets.size());
  if (!device.is_cpu()) {
    models::PackedFilling fill{batch.num_tokens, filling.sequences};
    if (filling.tokens > 1) fill.tokens = whole(batch.num_tokens + 1, filling.tokens);
    ids.resize(static_cast<size_t>(fill.tokens), 0);
    selected.resize(static_cast<size_t>(whole(batch.num_supervised, filling.supervised)), 0);
    targets.resize(selected.size(), models::kIgnoreLabel);
    batch.layout = models::pack_sequences(batch.lengths, batch.turns, device, fill);
  }
  batch.input_ids = models::upload(ids, device);
  batch.selected = models::upload(selected, device);
  batch.targets = models::upload(targets, device);
  batch.image_places = models::upload(places, device);
  return batch;
}

at::Tensor summed_loss(const models::TextModel& model, const TokenBatch& batch,
                       const at::Tensor& image_features, const at::Tensor& weights, uint64_t dropout_step) {
  const at::Tensor projected = image_features.defined() ? image_features.unsqueeze(0) : image_features;
  const at::Tensor embeds = models::splice_image_features(model, batch.input_ids, models::kImagePlaceholder,
                                                          projected, batch.image_places);
  const models::SequenceLayout layout =
      batch.layout.spans ? batch.layout
                         : models::pack_sequences(batch.lengths, batch.turns, embeds.options());
  const at::Tensor hidden = model.hidden_states(embeds, layout, nullptr, batch.selected, dropout_step);
  constexpr int64_t kLogitsAtOnce = 2048;
  if (hidden.is_cuda() && !weights.defined() && batch.targets.size(0) > kLogitsAtOnce)
    return summed_in_parts(model, hidden, batch.targets, kLogitsAtOnce);
  const at::Tensor losses =
      at::cross_entropy_loss(model.logits(hidden), batch.targets, {}, at::Reduction::None);
  return weights.defined() ? (losses * weights).sum() : losses.sum();
}

}  // namespace imp::harness
