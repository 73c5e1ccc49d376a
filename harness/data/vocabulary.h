// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/data/random.h"
#include "harness/data/split.h"

namespace imp::harness {

/// The closed list of sign words: upper case, 2 to 6 letters.
[[nodiscard]] std::span<const std::string_view> sign_words();

/// Whether a word of any case starts like a slur or an obscenity; such words are in no data set (some
/// harmless words that start alike are lost with them).
[[nodiscard]] bool is_unwanted_word(std::string_view word);

/// A random number without leading zero, its number of digits uniform between the two bounds.
[[nodiscard]] std::string random_number(Random& random, int min_digits, int max_digits);

/// What signs can say. The open words come from this machine's word list; they are split by a hash of the
/// word, so that a held-out word is in no training picture of any data set or seed.
class Vocabulary {
 public:
  /// Reads `word_list` (one word a line; package wamerican). Throws imp::Error (environment) if it is
  /// missing.
  explicit Vocabulary(const std::filesystem::path& word_list = "/usr/share/dict/american-english");

  /// Upper case words of 3 to 6 letters that are no sign words. `Split::train`: for the pretraining of
  /// encoders; `Split::test`: held out, for the family open_word.
  [[nodiscard]] const std::vector<std::string>& open_words(Split split) const {
    return open_words_[static_cast<std::size_t>(split)];
  }

 private:
  std::vector<std::string> open_words_[3];
};

}  // namespace imp::harness
