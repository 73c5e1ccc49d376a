// SPDX-License-Identifier: Apache-2.0
#include "models/generation/paged_decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "models/device/upload.h"
#include "models/generation/generation_limits.h"
#include "models/generation/paged_attention.h"
#include "models/generation/tensor_attention.h"
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
void put_pictures_first(std::vector<PlacedFeed>& feeds) {
  const bool free = std::all_of(feeds.begin(), feeds.end(), [](const PlacedFeed& placed) {
    return !placed.feed.projected.defined() || (placed.feed.wanted == 0 && placed.feed.prefix == nullptr);
  });
  if (free)
    std::stable_partition(feeds.begin(), feeds.end(),
                          [](const PlacedFeed& placed) { return placed.feed.projected.defined(); });
}

/// The order in which TensorAttention needs few calls.
void put_alike_together(std::vector<PlacedFeed>& feeds) {
  const auto rank = [](const PlacedFeed& placed) {
    return attention_rank(placed.start == 0, placed.feed.prefix != nullptr);
  };
  std::stable_sort(feeds.begin(), feeds.end(),
                   [&](const PlacedFeed& a, const PlacedFeed& b) { return rank(a) < rank(b); });
}

/// For each wanted row in the order in which feeds were given its place among those of the pass.
std::vector<int64_t> places_of_wanted(const std::vector<PlacedFeed>& feeds) {
  std::vector<int64_t> first(feeds.size()), counts(feeds.size()), places;
  int64_t wanted = 0;
  for (const PlacedFeed& placed : feeds) {
    first[placed.number] = wanted;
    counts[placed.number] = placed.feed.wanted;
    wanted += placed.feed.wanted;
  }
  for (size_t i = 0; i < feeds.size(); ++i)
    for (int64_t row = 0; row < counts[i]; ++row) places.push_back(first[i] + row);
  return places;
}

at::TensorOptions options_of(TextModel& model) {
  const at::Tensor& head = model.linears().back().linear->weight;
  return head.options().requires_grad(false);
}

std::unique_ptr<CachedAttention> make_attention(const TextConfig& config, const at::TensorOptions& options,
                                                CacheForm form) {
  const PageShape shape = page_shape(config);
  if (form == CacheForm::by_device && options.device().is_cpu())
    return std::make_unique<PagedAttention>(shape);
  const bool whole =
      form == CacheForm::tensors_whole ||
      !gives_logsumexp(options.device(), c10::typeMetaToScalarType(options.dtype()), shape.head_dim);
  return std::make_unique<TensorAttention>(shape, options, whole ? PrefixForm::gathered : PrefixForm::apart);
}

}  // namespace

/// The tables of a pass.
struct PagedDecoder::Pass {
  std::vector<int64_t> ids, positions, selected;
  std::vector<RowSpan> spans;
  int64_t wanted = 0;
  int64_t others = 0;                 ///< rows up to the last picture's
  int64_t pairs = 0, last_pairs = 0;  ///< of queries and keys
};

PagedDecoder::PagedDecoder(TextModel& model, int64_t image_token, int64_t kv_bytes, CacheForm form)
    : model_(model),
      image_token_(image_token),
      device_(options_of(model).device()),
      in_tensors_(form != CacheForm::by_device || !device_.is_cpu()),
      row_multiple_(in_tensors_ ? 1 : row_multiple(model.config())),
      attention_(make_attention(model.config(), options_of(model), form)),
      pool_(attention_->memory(), kv_budget(kv_bytes, device_)) {
  model.pack();
}

/// inputs_embeds of the feeds' ids, whose image tokens are 0 in `ids`, the pictures' rows put in their
/// places. As splice_image_features, which searches for the places and keeps a gradient.
at::Tensor PagedDecoder::embeds_of(const std::vector<PlacedFeed>& feeds, const at::Tensor& ids) const {
  at::Tensor embeds = model_.embed(ids);
  int64_t row = 0;
  for (const PlacedFeed& placed : feeds) {
    const Feed& feed = placed.feed;
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

/// Makes room for the feeds in the order given, in which a prefix stands before what follows it, then puts
/// them in the order of a pass.
std::vector<PlacedFeed> PagedDecoder::place(std::vector<Feed> given) const {
  std::vector<PlacedFeed> feeds;
  for (Feed& feed : given) {
    const auto count = static_cast<int64_t>(feed.ids.size()), start = feed.segment->length();
    const int64_t before = feed.prefix == nullptr ? 0 : feed.prefix->length();
    feed.segment->extend(count);
    check_window(model_.config(), before + start + count);
    feeds.push_back({std::move(feed), feeds.size(), start, before});
  }
  if (in_tensors_) {
    put_alike_together(feeds);
  } else {
    put_pictures_first(feeds);
  }
  return feeds;
}

PagedDecoder::Pass PagedDecoder::lay_out(const std::vector<PlacedFeed>& feeds) const {
  Pass pass;
  for (const auto& [feed, number, start, before] : feeds) {
    const auto count = static_cast<int64_t>(feed.ids.size()), row = static_cast<int64_t>(pass.ids.size());
    pass.spans.push_back({row, count, start, feed.segment, feed.prefix});
    for (const int64_t id : feed.ids) pass.ids.push_back(id == image_token_ ? 0 : id);
    if (feed.projected.defined()) pass.others = static_cast<int64_t>(pass.ids.size());
    for (int64_t i = 0; i < count; ++i) pass.positions.push_back(before + start + i);
    for (int64_t i = count - feed.wanted; i < count; ++i) pass.selected.push_back(row + i);
    pass.pairs += pairs_of(before + start, count);
    pass.last_pairs += pairs_of(before + start + count - feed.wanted, feed.wanted);
  }
  pass.wanted = static_cast<int64_t>(pass.selected.size());
  return pass;
}

void PagedDecoder::fill(Pass& pass) const {
  const int64_t rows_to_fill = filling(static_cast<int64_t>(pass.ids.size()), row_multiple_);
  pass.ids.insert(pass.ids.end(), static_cast<size_t>(rows_to_fill), 0);
  pass.positions.insert(pass.positions.end(), static_cast<size_t>(rows_to_fill), 0);
  // At least one row, even where only keys and values are asked for.
  const int64_t selected_to_fill = pass.wanted == 0 ? row_multiple_ : filling(pass.wanted, row_multiple_);
  pass.selected.insert(pass.selected.end(), static_cast<size_t>(selected_to_fill), 0);
}

void PagedDecoder::count(const Pass& pass) {
  const auto tokens = static_cast<int64_t>(pass.ids.size()),
             selected = static_cast<int64_t>(pass.selected.size());
  work_.pairs += pass.pairs;
  work_.last_pairs += pass.last_pairs;
  work_.tokens += tokens;
  work_.selected += selected;
  work_.last_queries += selected;
  if (model_.looks_up_text()) work_.looked_up += tokens - pass.others;
}

at::Tensor PagedDecoder::run(std::vector<Feed> given) {
  const std::vector<PlacedFeed> feeds = place(std::move(given));
  const std::vector<int64_t> places = places_of_wanted(feeds);
  Pass pass = lay_out(feeds);
  ++passes_;
  rows_ += static_cast<int64_t>(pass.ids.size());
  fill(pass);
  count(pass);
  const at::Tensor row_ids = upload(pass.ids, device_), embeds = embeds_of(feeds, row_ids);
  attention_->begin_pass(std::move(pass.spans), pass.selected);
  SequenceLayout layout;
  layout.position_ids = upload(pass.positions, device_);
  layout.over_cache = attention_.get();
  layout.text_ids = row_ids.slice(0, pass.others);
  at::Tensor hidden = model_.hidden_states(embeds, layout, nullptr, upload(pass.selected, device_));
  if (!std::is_sorted(places.begin(), places.end())) hidden = hidden.index_select(0, upload(places, device_));
  return model_.logits(hidden).slice(0, 0, pass.wanted);
}

}  // namespace imp::models
