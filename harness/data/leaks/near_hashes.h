// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace imp::harness {

/// Hashes of 64 bits that differ in at most so many are near.
inline constexpr int kNearBits = 6;

/// Finds near hashes among many, by multi-index hashing (M. Norouzi, A. Punjani, D. Fleet, "Fast Search in
/// Hamming Space with Multi-Index Hashing", CVPR 2012): of the four words of 16 bits of two near hashes one
/// differs in at most one bit, so that a search looks at 4 x 17 buckets. 48 bytes a hash.
class NearHashes {
 public:
  explicit NearHashes(std::span<const std::uint64_t> hashes);

  /// Places of the hashes that are near to `hash`, each once, added to `places` in no order. Safe to call
  /// from several threads.
  void find(std::uint64_t hash, std::vector<std::uint32_t>& places) const;
  [[nodiscard]] bool has_near(std::uint64_t hash) const;

 private:
  static constexpr std::size_t kWords = 4;
  struct Entry {
    std::uint32_t low, high, place;
  };
  struct Table {
    std::vector<std::uint32_t> begins;  ///< of the bucket of each word, and the end
    std::vector<Entry> entries;
  };

  template <typename Take>
  bool search(std::uint64_t hash, const Take& take) const;

  std::array<Table, kWords> tables_;
};

}  // namespace imp::harness
