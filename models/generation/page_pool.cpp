// SPDX-License-Identifier: Apache-2.0
#include "models/generation/page_pool.h"

#include <algorithm>
#include <limits>

namespace imp::models {

PagePool::PagePool(PageMemory& memory, int64_t budget_bytes)
    : memory_(memory),
      budget_bytes_(budget_bytes),
      // Slots are counted in 32 bits.
      most_(std::min<int64_t>(budget_bytes / memory.page_bytes(),
                              std::numeric_limits<int32_t>::max() / kPageTokens)),
      runs_(most_) {
  if (!memory.likes_runs()) return;
  made_ = most_;
  memory.reserve(made_);
}

std::vector<int32_t> PagePool::take(int64_t count) {
  if (memory_.likes_runs()) return runs_.take(count);
  std::vector<int32_t> pages;
  for (int64_t i = 0; i < count; ++i) {
    if (free_.empty()) {
      free_.push_back(static_cast<int32_t>(made_));
      memory_.reserve(++made_);
    }
    pages.push_back(free_.back());
    free_.pop_back();
  }
  return pages;
}

void PagePool::give_back(const std::vector<int32_t>& pages) {
  for (const int32_t page : pages) {
    if (memory_.likes_runs()) {
      runs_.give_back(page);
    } else {
      free_.push_back(page);
    }
  }
}

Segment::Segment(PagePool& pool, int64_t longest) : pool_(pool), promised_(pool, pages_for(longest)) {
  if (pool.memory().likes_runs()) pages_ = pool.take(promised_.pages());
}

Segment::~Segment() {
  pool_.give_back(pages_);
}

void Segment::extend(int64_t tokens) {
  length_ += tokens;
  const auto missing = pages_for(length_) - static_cast<int64_t>(pages_.size());
  if (missing <= 0) return;
  const std::vector<int32_t> taken = pool_.take(missing);
  pages_.insert(pages_.end(), taken.begin(), taken.end());
}

void Segment::copy_from(const Segment& other) {
  length_ = 0;
  extend(other.length_);
  pool_.memory().copy(other.pages_, pages_, length_);
}

}  // namespace imp::models
