// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace imp::models {

/// A piece of text on its way to becoming words.
struct Piece {
  std::string_view text;
  bool begins_input = false;  ///< it stands at the very start of what is encoded
};

/// Pieces, and the strings that rewritten ones point into.
struct Pieces {
  std::vector<Piece> list;
  std::deque<std::string> owned;
};

/// Where "▁" is put before text that does not begin with one.
enum class SpaceRule {
  always,  ///< before every stretch between added tokens (LLaMA's `legacy` in transformers 5)
  first,   ///< before the start of the whole text only
  never,
};

/// Cuts text into the words that byte-pair encoding never joins.
class PreTokenizer {
 public:
  using Step = std::function<void(Pieces&)>;

  PreTokenizer() = default;

  /// Reads tokenizer.json's "pre_tokenizer": null, Sequence, ByteLevel, Split, Digits or Metaspace.
  /// Throws imp::Error (usage) naming any other type or a ByteLevel that is not the last step.
  [[nodiscard]] static PreTokenizer from_json(const nlohmann::json& value);

  /// LLaMA's: spaces become "▁", which also stands before text as the rule says; nothing is cut.
  [[nodiscard]] static PreTokenizer metaspace(SpaceRule rule);

  void apply(Pieces& pieces) const;
  /// Words leave as bytes for a byte-level vocabulary.
  [[nodiscard]] bool byte_level() const { return byte_level_; }

 private:
  void add(const nlohmann::json& value);

  std::vector<Step> steps_;
  bool byte_level_ = false;
};

}  // namespace imp::models
