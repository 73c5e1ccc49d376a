// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/near_hashes.h"

#include <bit>

namespace imp::harness {
namespace {

constexpr std::uint32_t kBuckets = 1U << 16;

constexpr std::uint32_t word_of(std::uint64_t hash, std::size_t number) {
  return static_cast<std::uint32_t>(hash >> (16 * number)) & (kBuckets - 1);
}

}  // namespace

NearHashes::NearHashes(std::span<const std::uint64_t> hashes) {
  for (std::size_t number = 0; number < kWords; ++number) {
    Table& table = tables_[number];
    table.begins.assign(kBuckets + 1, 0);
    for (const std::uint64_t hash : hashes) ++table.begins[word_of(hash, number) + 1];
    for (std::size_t i = 1; i <= kBuckets; ++i) table.begins[i] += table.begins[i - 1];
    std::vector<std::uint32_t> next(table.begins.begin(), table.begins.end() - 1);
    table.entries.resize(hashes.size());
    for (std::size_t i = 0; i < hashes.size(); ++i)
      table.entries[next[word_of(hashes[i], number)]++] = {static_cast<std::uint32_t>(hashes[i]),
                                                           static_cast<std::uint32_t>(hashes[i] >> 32),
                                                           static_cast<std::uint32_t>(i)};
  }
}

template <typename Take>
bool NearHashes::search(std::uint64_t hash, const Take& take) const {
  const auto low = static_cast<std::uint32_t>(hash), high = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t number = 0; number < kWords; ++number) {
    const Table& table = tables_[number];
    for (int flipped = -1; flipped < 16; ++flipped) {
      const std::uint32_t word = word_of(hash, number) ^ (flipped < 0 ? 0U : 1U << flipped);
      for (std::uint32_t i = table.begins[word]; i < table.begins[word + 1]; ++i) {
        const Entry& entry = table.entries[i];
        if (std::popcount(low ^ entry.low) + std::popcount(high ^ entry.high) > kNearBits) continue;
        // A pair that an earlier table holds as well was found there.
        const std::uint64_t differing = hash ^ (std::uint64_t{entry.high} << 32 | std::uint64_t{entry.low});
        bool found_before = false;
        for (std::size_t earlier = 0; earlier < number; ++earlier)
          found_before = found_before || std::popcount(word_of(differing, earlier)) <= 1;
        if (!found_before && !take(entry.place)) return true;
      }
    }
  }
  return false;
}

void NearHashes::find(std::uint64_t hash, std::vector<std::uint32_t>& places) const {
  (void)search(hash, [&](std::uint32_t place) {
    places.push_back(place);
    return true;
  });
}

bool NearHashes::has_near(std::uint64_t hash) const {
  return search(hash, [](std::uint32_t) { return false; });
}

}  // namespace imp::harness
