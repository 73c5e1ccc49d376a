// SPDX-License-Identifier: Apache-2.0
#include "models/generation/page_pool.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace imp::models {

float* PagePool::take() {
  if (!free_.empty()) {
    float* const page = free_.back();
    free_.pop_back();
    return page;
  }
  constexpr std::size_t kLine = 64;  // a cache line, and a vector of the widest registers
  const auto bytes = (static_cast<std::size_t>(shape_.bytes()) + kLine - 1) / kLine * kLine;
  auto* const page = static_cast<float*>(std::aligned_alloc(kLine, bytes));
  if (page == nullptr) throw std::bad_alloc();
  // Channels that pad a value are read, and must be numbers.
  std::memset(page, 0, bytes);
  pages_.emplace_back(page);
  return page;
}

Segment::Segment(PagePool& pool, int64_t longest) : pool_(pool), promised_(pages_for(longest)) {
  pool_.promise(promised_);
}

Segment::~Segment() {
  for (float* const page : pages_) pool_.give_back(page);
  pool_.promise(-promised_);
}

void Segment::extend(int64_t tokens) {
  length_ += tokens;
  while (static_cast<int64_t>(pages_.size()) < pages_for(length_)) pages_.push_back(pool_.take());
}

void Segment::copy_from(const Segment& other) {
  length_ = 0;
  extend(other.length_);
  for (std::size_t i = 0; i < other.pages_.size(); ++i)
    std::copy_n(other.pages_[i], pool_.shape().floats(), pages_[i]);
}

}  // namespace imp::models
