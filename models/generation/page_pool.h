// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/generation/page_memory.h"
#include "models/generation/page_runs.h"

namespace imp::models {

/// Hands out pages of a memory for keys and values, never more than a byte budget. In memory that likes runs
/// all room is made at once; else pages are made when first needed. Both are used again.
class PagePool {
 public:
  PagePool(PageMemory& memory, int64_t budget_bytes);

  [[nodiscard]] PageMemory& memory() { return memory_; }
  [[nodiscard]] int64_t page_bytes() const { return memory_.page_bytes(); }
  [[nodiscard]] int64_t budget_bytes() const { return budget_bytes_; }
  /// Pages the budget has room for in all.
  [[nodiscard]] int64_t capacity() const { return most_; }
  /// Pages neither taken nor promised.
  [[nodiscard]] int64_t available() const { return most_ - promised_; }
  /// Most bytes ever held.
  [[nodiscard]] int64_t held_bytes() const { return made_ * page_bytes(); }

  /// Sets pages aside, so that a sequence once begun can be finished; promise() of a negative number gives
  /// back.
  void promise(int64_t pages) { promised_ += pages; }
  /// Pages out of those promised.
  [[nodiscard]] std::vector<int32_t> take(int64_t count);
  void give_back(const std::vector<int32_t>& pages);

 private:
  PageMemory& memory_;
  int64_t budget_bytes_;
  int64_t most_ = 0;
  int64_t promised_ = 0;
  int64_t made_ = 0;
  std::vector<int32_t> free_;  ///< of pages made one by one; the last given back is taken first
  PageRuns runs_;              ///< of memory that likes runs
};

/// Pages set aside for as long as it lives.
class PagePromise {
 public:
  PagePromise(PagePool& pool, int64_t pages) : pool_(pool), pages_(pages) { pool_.promise(pages_); }
  ~PagePromise() { pool_.promise(-pages_); }
  PagePromise(const PagePromise&) = delete;
  PagePromise& operator=(const PagePromise&) = delete;

  [[nodiscard]] int64_t pages() const { return pages_; }

 private:
  PagePool& pool_;
  int64_t pages_;
};

/// Tokens in a row whose keys and values are cached: a prompt's beginning, or what one question adds to it.
/// Its pages go back to the pool when it ends.
class Segment {
 public:
  /// Promises itself pages for `longest` tokens, and takes them at once where runs are liked.
  Segment(PagePool& pool, int64_t longest);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  [[nodiscard]] int64_t length() const { return length_; }
  /// Numbers of the pages that hold its tokens in their order, and perhaps further ones.
  [[nodiscard]] const std::vector<int32_t>& pages() const { return pages_; }
  /// Where a token lies, counted in tokens over all pages.
  [[nodiscard]] int64_t slot(int64_t token) const {
    return pages_[static_cast<std::size_t>(token / kPageTokens)] * kPageTokens + token % kPageTokens;
  }
  /// Makes room for `tokens` more; their keys and values are written by the attention.
  void extend(int64_t tokens);
  /// Takes over another segment's tokens.
  void copy_from(const Segment& other);

 private:
  PagePool& pool_;
  PagePromise promised_;
  int64_t length_ = 0;
  std::vector<int32_t> pages_;
};

}  // namespace imp::models
