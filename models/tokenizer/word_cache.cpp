// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/word_cache.h"

#include <cstring>

namespace imp::models {
namespace {

std::uint64_t load8(const char* bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, 8);
  return value;
}

/// Up to seven bytes as a number.
std::uint64_t load_few(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  if (count >= 4) {
    std::uint32_t first = 0, last = 0;
    std::memcpy(&first, bytes, 4);
    std::memcpy(&last, bytes + count - 4, 4);
    return std::uint64_t{first} << 32 | last;
  }
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::uint64_t mixed(std::uint64_t value) {
  value *= 0x9e3779b97f4a7c15ULL;
  return value ^ value >> 32;
}

}  // namespace

WordCache::WordCache() : entries_(std::make_unique<Entry[]>(kPlaces)) {}

std::size_t WordCache::place_of(std::string_view word) {
  std::uint64_t hash = word.size();
  if (word.size() < 8) return mixed(hash ^ mixed(load_few(word.data(), word.size()))) & (kPlaces - 1);
  for (std::size_t i = 0; i + 8 < word.size(); i += 8) hash = mixed(hash ^ load8(word.data() + i));
  return mixed(hash ^ load8(word.data() + word.size() - 8)) & (kPlaces - 1);
}

bool WordCache::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (word.size() > kLongestWord) return false;
  const std::size_t place = place_of(word);
  for (std::size_t i = 0; i < kTries; ++i) {
    const Entry& entry = entries_[(place + i) & (kPlaces - 1)];
    if (entry.state.load(std::memory_order_acquire) != State::full) return false;
    if (entry.length != word.size() || std::memcmp(entry.word.data(), word.data(), word.size()) != 0)
      continue;
    if (entry.count == 1) {
      ids.push_back(entry.ids[0]);
    } else {
      ids.insert(ids.end(), entry.ids.begin(), entry.ids.begin() + entry.count);
    }
    return true;
  }
  return false;
}

void WordCache::keep(std::string_view word, const std::int32_t* ids, std::size_t count) const {
  if (word.size() > kLongestWord || count > kMostIds) return;
  const std::size_t place = place_of(word);
  for (std::size_t i = 0; i < kTries; ++i) {
    Entry& entry = entries_[(place + i) & (kPlaces - 1)];
    State empty = State::empty;
    if (!entry.state.compare_exchange_strong(empty, State::filling, std::memory_order_acquire)) continue;
    entry.length = static_cast<std::uint8_t>(word.size());
    entry.count = static_cast<std::uint8_t>(count);
    std::memcpy(entry.word.data(), word.data(), word.size());
    std::memcpy(entry.ids.data(), ids, count * sizeof(std::int32_t));
    entry.state.store(State::full, std::memory_order_release);
    return;
  }
}

}  // namespace imp::models
