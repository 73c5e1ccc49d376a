// SPDX-License-Identifier: Apache-2.0
#include "models/generation/greedy.h"

#include <ATen/ATen.h>

#include "models/llava/llava_model.h"

namespace imp::models {
namespace {

/// [batch, width] (bool): slot t of row b holds a token.
at::Tensor slots_filled(const std::vector<int64_t>& lengths) {
  const int64_t width = *std::max_element(lengths.begin(), lengths.end());
  return at::arange(width).unsqueeze(0) < at::tensor(lengths, at::kLong).unsqueeze(1);
}

/// Runs the groups' prefixes and leaves their keys and values in a cache of one row a group.
KvCache prefill(const TextModel& model, const std::vector<PromptGroup>& groups, int64_t image_token) {
  std::vector<int64_t> ids, lengths;
  std::vector<at::Tensor> pictures;
  for (const PromptGroup& group : groups) {
    ids.insert(ids.end(), group.prefix_ids.begin(), group.prefix_ids.end());
    lengths.push_back(static_cast<int64_t>(group.prefix_ids.size()));
    if (group.projected.defined()) pictures.push_back(group.projected);
  }
  const at::Tensor embeds = splice_image_features(model, at::tensor(ids, at::kLong), image_token,
                                                  pictures.empty() ? at::Tensor() : at::cat(pictures));
  const SequenceLayout layout = pack_sequences(lengths, {}, embeds.options());
  KvCache cache;
  // Only keys and values are wanted; one token's output is the least that can be asked for.
  (void)model.hidden_states(embeds, layout, &cache, at::zeros({1}, at::kLong));
  cache.valid = slots_filled(lengths);
  return cache;
}

/// The sequences being decoded: one cache row each.
class Decoder {
 public:
  Decoder(const TextModel& model, KvCache cache, std::vector<int64_t> positions)
      : model_(model), cache_(std::move(cache)), positions_(std::move(positions)) {}

  /// Feeds each row its new ids and returns the likeliest next id of each.
  std::vector<int64_t> step(const std::vector<std::vector<int64_t>>& new_ids) {
    std::vector<int64_t> ids, lengths, last;
    for (const std::vector<int64_t>& row : new_ids) {
      ids.insert(ids.end(), row.begin(), row.end());
      lengths.push_back(static_cast<int64_t>(row.size()));
      last.push_back(static_cast<int64_t>(ids.size()) - 1);
    }
    const at::Tensor embeds = model_.embed(at::tensor(ids, at::kLong));
    const SequenceLayout layout = extend_sequences(lengths, positions_, cache_.valid, embeds.options());
    const at::Tensor hidden = model_.hidden_states(embeds, layout, &cache_, at::tensor(last, at::kLong));
    cache_.valid = at::cat({cache_.valid, slots_filled(lengths)}, 1);
    for (size_t row = 0; row < positions_.size(); ++row) positions_[row] += lengths[row];
    const at::Tensor next = model_.logits(hidden).argmax(-1).contiguous();
    return {next.data_ptr<int64_t>(), next.data_ptr<int64_t>() + next.size(0)};
  }

  /// Drops all rows but the given ones.
  void keep(const std::vector<int64_t>& rows) {
    cache_ = cache_.select(at::tensor(rows, at::kLong));
    std::vector<int64_t> positions;
    for (const int64_t row : rows) positions.push_back(positions_[static_cast<size_t>(row)]);
    positions_ = std::move(positions);
  }

 private:
  const TextModel& model_;
  KvCache cache_;
  std::vector<int64_t> positions_;
};

}  // namespace

std::vector<std::vector<int64_t>> generate_greedy(const TextModel& model,
                                                  const std::vector<PromptGroup>& groups,
                                                  const GreedyOptions& options) {
  std::vector<int64_t> group_of, positions;
  std::vector<std::vector<int64_t>> feed;
  for (size_t g = 0; g < groups.size(); ++g) {
    for (const std::vector<int64_t>& tail : groups[g].tails) {
      group_of.push_back(static_cast<int64_t>(g));
      positions.push_back(static_cast<int64_t>(groups[g].prefix_ids.size()));
      feed.push_back(tail);
    }
  }
  std::vector<std::vector<int64_t>> answers(feed.size());
  if (feed.empty()) return answers;
  Decoder decoder(model, prefill(model, groups, options.image_token).select(at::tensor(group_of, at::kLong)),
                  positions);
  std::vector<size_t> active(feed.size());
  for (size_t i = 0; i < active.size(); ++i) active[i] = i;

  for (int64_t made = 0; made < options.max_new_tokens; ++made) {
    const std::vector<int64_t> next = decoder.step(feed);
    std::vector<int64_t> rows;
    std::vector<size_t> still_active;
    feed.clear();
    for (size_t row = 0; row < active.size(); ++row) {
      if (next[row] == options.eos_token) continue;
      answers[active[row]].push_back(next[row]);
      rows.push_back(static_cast<int64_t>(row));
      still_active.push_back(active[row]);
      feed.push_back({next[row]});
    }
    if (still_active.empty()) break;
    if (still_active.size() < active.size()) decoder.keep(rows);
    active = std::move(still_active);
  }
  return answers;
}

}  // namespace imp::models
