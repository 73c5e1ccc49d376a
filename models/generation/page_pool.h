// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "models/layers/page_attention.h"

namespace imp::models {

/// Memory for keys and values, never more than a byte budget. Pages are made when first needed and used
/// again.
class PagePool {
 public:
  PagePool(const PageShape& shape, int64_t budget_bytes)
      : shape_(shape), most_(budget_bytes / shape.bytes()) {}

  [[nodiscard]] const PageShape& shape() const { return shape_; }
  /// Pages the budget has room for in all.
  [[nodiscard]] int64_t capacity() const { return most_; }
  /// Pages neither taken nor promised.
  [[nodiscard]] int64_t available() const { return most_ - promised_; }
  /// Most bytes ever held.
  [[nodiscard]] int64_t held_bytes() const { return static_cast<int64_t>(pages_.size()) * shape_.bytes(); }

  /// Sets pages aside, so that a sequence once begun can be finished; promise() of a negative number gives
  /// back.
  void promise(int64_t pages) { promised_ += pages; }
  /// A page out of those promised.
  [[nodiscard]] float* take();
  void give_back(float* page) { free_.push_back(page); }

 private:
  struct Release {
    void operator()(float* memory) const { std::free(memory); }
  };

  PageShape shape_;
  int64_t most_ = 0;
  int64_t promised_ = 0;
  std::vector<std::unique_ptr<float, Release>> pages_;
  std::vector<float*> free_;
};

/// Tokens in a row whose keys and values are cached: a prompt's beginning, or what one question adds to it.
/// Its pages go back to the pool when it ends.
class Segment {
 public:
  /// Promises itself pages for `longest` tokens.
  Segment(PagePool& pool, int64_t longest);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  [[nodiscard]] int64_t length() const { return length_; }
  [[nodiscard]] const std::vector<float*>& pages() const { return pages_; }
  /// Makes room for `tokens` more; their keys and values are written by the attention.
  void extend(int64_t tokens);
  /// Takes over another segment's tokens.
  void copy_from(const Segment& other);

 private:
  PagePool& pool_;
  int64_t promised_ = 0;
  int64_t length_ = 0;
  std::vector<float*> pages_;
};

}  // namespace imp::models
