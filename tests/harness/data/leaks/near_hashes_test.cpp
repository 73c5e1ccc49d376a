// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/near_hashes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "harness/data/random.h"

namespace imp::harness {
namespace {

std::uint64_t flipped(std::uint64_t hash, int bits, Random& random) {
  for (std::uint64_t mask = 0; std::popcount(mask) < bits;) {
    const std::uint64_t bit = std::uint64_t{1} << random.below(64);
    if ((mask & bit) == 0) hash ^= bit;
    mask |= bit;
  }
  return hash;
}

/// Some scattered over all hashes, some close together, some equal.
std::vector<std::uint64_t> hashes(std::size_t count, Random& random) {
  std::vector<std::uint64_t> all;
  while (all.size() < count) {
    all.push_back(random.bits());
    for (int i = 0; i < 9; ++i) all.push_back(flipped(all.back(), random.below(5), random));
  }
  return all;
}

TEST(NearHashes, AreThoseOfBruteForceEachOnce) {
  Random random(7, 0);
  const std::vector<std::uint64_t> known = hashes(3000, random);
  std::vector<std::uint64_t> asked = hashes(500, random);
  for (int bits = 0; bits <= 9; ++bits)
    for (int i = 0; i < 60; ++i)
      asked.push_back(flipped(known[static_cast<std::size_t>(random.below(3000))], bits, random));
  const NearHashes near(known);
  std::size_t found_in_all = 0;
  for (const std::uint64_t hash : asked) {
    std::vector<std::uint32_t> expected, found;
    for (std::size_t i = 0; i < known.size(); ++i)
      if (std::popcount(known[i] ^ hash) <= kNearBits) expected.push_back(static_cast<std::uint32_t>(i));
    near.find(hash, found);
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected);
    EXPECT_EQ(near.has_near(hash), !expected.empty());
    found_in_all += expected.size();
  }
  EXPECT_GT(found_in_all, 420U);
}

TEST(NearHashes, OfNoHashesThereAreNone) {
  const NearHashes near({});
  EXPECT_FALSE(near.has_near(0));
}

}  // namespace
}  // namespace imp::harness
