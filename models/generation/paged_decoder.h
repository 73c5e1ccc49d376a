// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "models/config/flop_count.h"
#include "models/generation/page_pool.h"
#include "models/generation/paged_attention.h"
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

/// Runs a language model over segments: any number of beginnings, questions and single tokens in one pass,
/// packed, each at its own length. In float32 on the CPU a segment's logits are the same bits whatever else
/// is in the pass.
class PagedDecoder {
 public:
  /// Packs the model's linear layers (Linear::pack) and keeps keys and values within `kv_bytes`.
  PagedDecoder(TextModel& model, int64_t image_token, int64_t kv_bytes);

  [[nodiscard]] PagePool& pool() { return pool_; }
  [[nodiscard]] const PagePool& pool() const { return pool_; }
  [[nodiscard]] const TextModel& model() const { return model_; }
  [[nodiscard]] int64_t passes() const { return passes_; }
  /// Tokens of all passes.
  [[nodiscard]] int64_t rows() const { return rows_; }
  /// What was computed, rows that a pass was filled up with included.
  [[nodiscard]] const TextPass& work() const { return work_; }

  /// -> [sum of wanted, vocab] float32, in the order of feeds. Call under at::NoGradGuard. Throws imp::Error
  /// (usage) if places and pictures differ in number.
  [[nodiscard]] at::Tensor run(std::vector<Feed> feeds);

 private:
  [[nodiscard]] at::Tensor embeds_of(const std::vector<Feed>& feeds, const at::Tensor& ids) const;

  const TextModel& model_;
  int64_t image_token_;
  int64_t row_multiple_;
  int64_t passes_ = 0, rows_ = 0;
  TextPass work_;
  PagePool pool_;
  PagedAttention attention_;
};

}  // namespace imp::models
