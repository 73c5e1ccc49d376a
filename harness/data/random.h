// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "models/io/hash.h"

namespace imp::harness {

/// A sequence of random numbers that is a pure function of (seed, stream): picture 17 of a data set is the
/// same whichever thread draws it, and whatever was drawn before. Wraps imp::counter_random.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  std::uint64_t bits() { return counter_random(seed_, stream_, counter_++); }
  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform among 0 .. count-1; count must be positive. The bias of the scaling is below 2^-53 * count.
  int below(int count) { return static_cast<int>(uniform() * count); }
  bool chance(double probability) { return uniform() < probability; }

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t counter_ = 0;
};

/// An element of a list that is not empty.
template <typename List>
decltype(auto) one_of(const List& list, Random& random) {
  return list[static_cast<std::size_t>(random.below(static_cast<int>(std::size(list))))];
}

/// All orders alike (Fisher and Yates).
template <typename Values>
void shuffle(Values& values, Random& random) {
  for (std::size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[static_cast<std::size_t>(random.below(static_cast<int>(i)))]);
}

/// A stream's number from a readable name, so that "questions" and "scene" of one index never share numbers.
constexpr std::uint64_t stream_of(std::string_view name, std::uint64_t index) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash ^ (index * 0x9e3779b97f4a7c15ULL);
}

}  // namespace imp::harness
