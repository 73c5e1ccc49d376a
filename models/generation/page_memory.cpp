// SPDX-License-Identifier: Apache-2.0
#include "models/generation/page_memory.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace imp::models {

void CpuPages::reserve(int64_t pages) {
  constexpr std::size_t kLine = 64;  // a cache line, and a vector of the widest registers
  const auto bytes = (static_cast<std::size_t>(shape_.bytes()) + kLine - 1) / kLine * kLine;
  while (static_cast<int64_t>(pages_.size()) < pages) {
    auto* const page = static_cast<float*>(std::aligned_alloc(kLine, bytes));
    if (page == nullptr) throw std::bad_alloc();
    // Channels that pad a value are read, and must be numbers.
    std::memset(page, 0, bytes);
    pages_.emplace_back(page);
  }
}

void CpuPages::copy(const std::vector<int32_t>& from, const std::vector<int32_t>& to, int64_t tokens) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(pages_for(tokens)); ++i)
    std::copy_n(page(from[i]), shape_.floats(), page(to[i]));
}

}  // namespace imp::models
