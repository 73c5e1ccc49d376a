// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/tokenizer/word_cache.h"

namespace imp::models {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Vocabulary = std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>>;

/// How two neighbouring symbols become one: the lowest rank goes first, the leftmost among equal ranks.
struct Merge {
  std::int32_t left, right, merged;
  std::int32_t rank;
};

/// What a BPE model is made of, as tokenizer.json's "model" holds it.
struct BpeDefinition {
  Vocabulary vocabulary;
  std::vector<Merge> merges;  ///< of two merges of the same pair the later one counts
  std::optional<std::int32_t> unknown;
  bool byte_level = false;     ///< words are bytes, looked up by their stand-ins; otherwise characters
  bool byte_fallback = false;  ///< unknown characters become <0x00> ... <0xFF>
  bool fuse_unknown = false;
  bool ignore_merges = false;  ///< a word that is a token as a whole is not split
};

/// Byte-pair encoding of one pre-tokenized word. Safe to share by threads.
class BpeModel {
 public:
  explicit BpeModel(BpeDefinition definition);

  /// Appends the ids of a word (valid UTF-8).
  void encode(std::string_view word, std::vector<std::int32_t>& ids) const;

  [[nodiscard]] std::optional<std::int32_t> find(std::string_view token) const;
  [[nodiscard]] const Vocabulary& vocabulary() const { return definition_.vocabulary; }

 private:
  struct Target {
    std::uint64_t pair = kNoPair;
    std::int32_t rank = 0, merged = 0;
  };
  static constexpr std::uint64_t kNoPair = ~std::uint64_t{0};

  void encode_word(std::string_view word, std::vector<std::int32_t>& ids) const;
  void encode_part(std::string_view part, std::vector<std::int32_t>& ids) const;
  [[nodiscard]] bool marks_begin_parts() const;
  [[nodiscard]] const Target* merge_of(std::int32_t left, std::int32_t right) const;
  void split(std::string_view word, std::vector<std::int32_t>& symbols) const;
  void append_character(std::string_view character, bool& unknown_before,
                        std::vector<std::int32_t>& symbols) const;
  void merge_short(std::vector<std::int32_t>& symbols, std::size_t from) const;
  void merge_long(std::vector<std::int32_t>& symbols, std::size_t from) const;

  BpeDefinition definition_;
  std::vector<Target> table_;  ///< open addressing: a pair is looked up for every two neighbouring symbols
  std::uint64_t mask_ = 0;
  std::array<std::int32_t, 256> byte_ids_{};  ///< -1 where the vocabulary lacks the byte
  bool cut_at_marks_ = false;  ///< words may be cut before a "▁" that follows another character
  WordCache cache_;
};

}  // namespace imp::models
