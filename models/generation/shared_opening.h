// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/generation/paged_decoder.h"

namespace imp::models {

/// The text before the picture, which a conversation gives all its prompts: it goes through the model once,
/// and its keys and values are copied to the prompts that begin with it.
class SharedOpening {
 public:
  SharedOpening(PagedDecoder& decoder, int64_t image_token) : decoder_(decoder), image_token_(image_token) {}

  /// Puts what `prefix_ids` holds before its first picture into `segment`, which is empty and has promised
  /// itself the pages of all of them. Returns the ids put: none where there is no such text, or no memory to
  /// keep it beside `pages_to_leave` pages.
  [[nodiscard]] int64_t put(const std::vector<int64_t>& prefix_ids, int64_t pages_to_leave, Segment& segment);

  /// Gives its memory back; says whether there was any.
  bool release();

 private:
  PagedDecoder& decoder_;
  int64_t image_token_;
  std::vector<int64_t> ids_;
  std::unique_ptr<Segment> segment_;
};

}  // namespace imp::models
