// SPDX-License-Identifier: Apache-2.0
#include "models/generation/paged_decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "models/io/error.h"
#include "models/llava/llava_model.h"

namespace imp::models {
namespace {

PageShape page_shape(const TextConfig& config) {
  return {config.num_hidden_layers, config.num_key_value_heads, config.head_dim};
}

/// Rows of a pass are filled up to a multiple of this. LibTorch's element-wise loops take 32 values at a time
/// and the rest one by one, by other code with other roundings; so no row may lie in a rest.
int64_t row_multiple(const TextConfig& config) {
  constexpr int64_t kStride = 32;
  const int64_t common = std::gcd(std::gcd(config.hidden_size, config.intermediate_size),
                                  std::gcd(config.rotary_dim() / 2, kStride));
  return kStride / std::gcd(common, kStride);
}

int64_t filling(int64_t rows, int64_t multiple) {
  return (multiple - rows % multiple) % multiple;
}

/// Keys that `count` tokens from `first` on see together, each itself and those before it.
int64_t pairs_of(int64_t first, int64_t count) {
  return count * first + count * (count + 1) / 2;
}

/// transformers forgets what lies further back while it answers, though not in one pass over a prompt.
void check_window(const TextConfig& config, int64_t tokens) {
  if (!config.sliding_window || tokens <= *config.sliding_window) return;
  throw Error(fmt::format(
      "a prompt with its answer is longer than the config's sliding_window of {} tokens, which imp "
      "does not have; ask for shorter ones",
      *config.sliding_window));
}

/// Pictures first, so that the rest of a pass is text, whose ids the first block may know (SequenceLayout).
std::vector<Feed> pictures_first(std::vector<Feed> feeds) {
  const bool free = std::all_of(feeds.begin(), feeds.end(), [](const Feed& feed) {
    return !feed.projected.defined() || (feed.wanted == 0 && feed.prefix == nullptr);
  });
  if (free)
    std::stable_partition(feeds.begin(), feeds.end(),
                          [](const Feed& feed) { return feed.projected.defined(); });
  return feeds;
}

}  // namespace

PagedDecoder::PagedDecoder(TextModel& model, int64_t image_token, int64_t kv_bytes)
    : model_(model),
      image_token_(image_token),
      row_multiple_(row_multiple(model.config())),
      pool_(page_shape(model.config()), kv_bytes),
      attention_(page_shape(model.config())) {
  model.pack();
}

/// inputs_embeds of the feeds' ids, whose image tokens are 0 in `ids`, the pictures' rows put in their
/// places. As splice_image_features, which searches for the places and keeps a gradient.
at::Tensor PagedDecoder::embeds_of(const std::vector<Feed>& feeds, const at::Tensor& ids) const {
  at::Tensor embeds = model_.embed(ids);
  int64_t row = 0;
  for (const Feed& feed : feeds) {
    const at::Tensor pictures = feed.projected.defined() ? feed.projected.flatten(0, 1) : at::Tensor();
    check_image_tokens(std::count(feed.ids.begin(), feed.ids.end(), image_token_),
                       pictures.defined() ? pictures.size(0) : 0);
    int64_t put = 0;
    auto end = feed.ids.begin();
    while (pictures.defined() && put < pictures.size(0)) {
      const auto begin = std::find(end, feed.ids.end(), image_token_);
      end = std::find_if(begin, feed.ids.end(), [&](int64_t id) { return id != image_token_; });
      const int64_t place = row + (begin - feed.ids.begin()), count = end - begin;
      embeds.narrow(0, place, count).copy_(pictures.narrow(0, put, count));
      put += count;
    }
    row += static_cast<int64_t>(feed.ids.size());
  }
  return embeds;
}

at::Tensor PagedDecoder::run(std::vector<Feed> given) {
  const std::vector<Feed> feeds = pictures_first(std::move(given));
  int64_t others = 0;  // rows up to the last picture's
  std::vector<int64_t> ids, positions, selected;
  std::vector<RowSpan> spans;
  for (const Feed& feed : feeds) {
    const auto count = static_cast<int64_t>(feed.ids.size()), row = static_cast<int64_t>(ids.size());
    const int64_t start = feed.segment->length();
    const int64_t before = feed.prefix == nullptr ? 0 : feed.prefix->length();
    feed.segment->extend(count);
    check_window(model_.config(), before + start + count);
    spans.push_back({row, count, start, feed.segment, feed.prefix});
    for (const int64_t id : feed.ids) ids.push_back(id == image_token_ ? 0 : id);
    if (feed.projected.defined()) others = static_cast<int64_t>(ids.size());
    for (int64_t i = 0; i < count; ++i) positions.push_back(before + start + i);
    for (int64_t i = count - feed.wanted; i < count; ++i) selected.push_back(row + i);
    work_.pairs += pairs_of(before + start, count);
    work_.last_pairs += pairs_of(before + start + count - feed.wanted, feed.wanted);
  }
  ++passes_;
  rows_ += static_cast<int64_t>(ids.size());
  const auto wanted = static_cast<int64_t>(selected.size());
  const int64_t rows_to_fill = filling(static_cast<int64_t>(ids.size()), row_multiple_);
  ids.insert(ids.end(), static_cast<size_t>(rows_to_fill), 0);
  positions.insert(positions.end(), static_cast<size_t>(rows_to_fill), 0);
  // At least one row, even where only keys and values are asked for.
  const int64_t selected_to_fill = wanted == 0 ? row_multiple_ : filling(wanted, row_multiple_);
  selected.insert(selected.end(), static_cast<size_t>(selected_to_fill), 0);
  work_.tokens += static_cast<int64_t>(ids.size());
  work_.selected += static_cast<int64_t>(selected.size());
  work_.last_queries += static_cast<int64_t>(selected.size());
  if (model_.looks_up_text()) work_.looked_up += static_cast<int64_t>(ids.size()) - others;

  const at::Tensor row_ids = at::tensor(ids, at::kLong), embeds = embeds_of(feeds, row_ids);
  attention_.set_spans(std::move(spans));
  SequenceLayout layout;
  layout.position_ids = at::tensor(positions, at::kLong);
  layout.over_cache = &attention_;
  layout.text_ids = row_ids.slice(0, others);
  const at::Tensor hidden = model_.hidden_states(embeds, layout, nullptr, at::tensor(selected, at::kLong));
  return model_.logits(hidden).slice(0, 0, wanted);
}

}  // namespace imp::models
