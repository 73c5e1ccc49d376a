// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace imp::models {

/// Ids of words that were encoded before, for any number of threads at once. A word that finds its places
/// taken is not kept, so memory is bounded and the words met first, which text repeats most, stay.
class WordCache {
 public:
  WordCache();

  /// Appends the ids of a word, or returns false where it is not kept.
  [[nodiscard]] bool append(std::string_view word, std::vector<std::int32_t>& ids) const;

  /// Keeps the `count` ids of a word, if there is room; both must be short.
  void keep(std::string_view word, const std::int32_t* ids, std::size_t count) const;

 private:
  static constexpr std::size_t kLongestWord = 26, kMostIds = 8, kPlaces = std::size_t{1} << 15, kTries = 4;

  enum class State : std::uint8_t { empty, filling, full };

  /// As large as a cache line, so that a word that is found costs one.
  struct alignas(64) Entry {
    std::atomic<State> state{State::empty};
    std::uint8_t length = 0, count = 0;
    std::array<char, kLongestWord> word{};
    std::array<std::int32_t, kMostIds> ids{};
  };

  [[nodiscard]] static std::size_t place_of(std::string_view word);

  std::unique_ptr<Entry[]> entries_;
};

}  // namespace imp::models
