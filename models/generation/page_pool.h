// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace imp::models {

/// Tokens whose keys and values lie in one page.
inline constexpr int64_t kPageTokens = 16;

/// How keys and values lie in a page: for each layer and key/value head, keys [head_dim, kPageTokens] (so
/// that one vector holds a channel of all tokens), then values [kPageTokens, value_stride].
struct PageShape {
  int64_t layers = 0, kv_heads = 0, head_dim = 0;

  /// head_dim rounded up to whole vectors.
  [[nodiscard]] int64_t value_stride() const { return (head_dim + 15) / 16 * 16; }
  [[nodiscard]] int64_t head_floats() const { return kPageTokens * (head_dim + value_stride()); }
  [[nodiscard]] int64_t floats() const { return layers * kv_heads * head_floats(); }
  [[nodiscard]] int64_t bytes() const { return floats() * static_cast<int64_t>(sizeof(float)); }
  /// Where a head's keys begin; its values follow kPageTokens * head_dim floats later.
  [[nodiscard]] int64_t offset(int64_t layer, int64_t head) const {
    return (layer * kv_heads + head) * head_floats();
  }
};

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

  /// Pages that `tokens` tokens fill.
  [[nodiscard]] static int64_t pages_for(int64_t tokens) { return (tokens + kPageTokens - 1) / kPageTokens; }

 private:
  PagePool& pool_;
  int64_t promised_ = 0;
  int64_t length_ = 0;
  std::vector<float*> pages_;
};

}  // namespace imp::models
