// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/config/flop_count.h"
#include "models/generation/cached_attention.h"
#include "models/generation/page_pool.h"
#include "models/text/text_model.h"

namespace imp::models {

/// What is fed to one segment in a pass.
struct Feed {
  std::vector<int64_t> ids;    ///< with the image token at the places of image tokens
  at::Tensor projected;        ///< [pictures, image tokens, text hidden]; undefined without a picture
  Segment* segment = nullptr;  ///< grows by the ids
  const Segment* prefix =
      nullptr;         ///< what it follows; must be whole, in an earlier feed of this pass at the latest
  int64_t wanted = 0;  ///< logits of the last so many ids are given back
};

/// A feed with where its ids stand.
struct PlacedFeed {
  Feed feed;
  size_t number = 0;   ///< among the feeds given
  int64_t start = 0;   ///< tokens of its segment before
  int64_t before = 0;  ///< tokens of its prefix
};

/// How keys and values are kept, and so how attention is computed.
enum class CacheForm {
  by_device,      ///< pages on the CPU, tensors elsewhere
  tensors,        ///< tensor_attention.h, prefixes apart where that can be
  tensors_whole,  ///< the same with prefixes gathered
};

/// Runs a language model over segments, on the device of its weights: any number of beginnings, questions and
/// single tokens in one pass, packed, each at its own length. In float32 on the CPU a segment's logits are
/// the same bits whatever else is in the pass.
class PagedDecoder {
 public:
  /// Packs the model's linear layers (Linear::pack) and keeps keys and values within `kv_bytes`
  /// (generation_limits.h).
  PagedDecoder(TextModel& model, int64_t image_token, int64_t kv_bytes,
               CacheForm form = CacheForm::by_device);

  [[nodiscard]] PagePool& pool() { return pool_; }
  [[nodiscard]] const PagePool& pool() const { return pool_; }
  [[nodiscard]] const TextModel& model() const { return model_; }
  [[nodiscard]] at::Device device() const { return device_; }
  [[nodiscard]] int64_t passes() const { return passes_; }
  /// Tokens of all passes.
  [[nodiscard]] int64_t rows() const { return rows_; }
  /// What was computed, rows that a pass was filled up with included.
  [[nodiscard]] const TextPass& work() const { return work_; }

  /// -> [sum of wanted, vocab] float32 on the model's device, in the order of feeds. Does not wait for it.
  /// Call under at::NoGradGuard. Throws imp::Error (usage) if places and pictures differ in number.
  [[nodiscard]] at::Tensor run(std::vector<Feed> feeds);

 private:
  struct Pass;
  [[nodiscard]] std::vector<PlacedFeed> place(std::vector<Feed> given) const;
  [[nodiscard]] Pass lay_out(const std::vector<PlacedFeed>& feeds) const;
  void fill(Pass& pass) const;
  void count(const Pass& pass);
  [[nodiscard]] at::Tensor embeds_of(const std::vector<PlacedFeed>& feeds, const at::Tensor& ids) const;

  const TextModel& model_;
  int64_t image_token_;
  at::Device device_;
  bool in_tensors_;
  int64_t row_multiple_;
  int64_t passes_ = 0, rows_ = 0;
  TextPass work_;
  std::unique_ptr<CachedAttention> attention_;
  PagePool pool_;
};

}  // namespace imp::models
