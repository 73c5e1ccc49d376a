// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imp::models {

/// A token that is found in the text itself, before any model sees it (`tokenizers`: AddedToken).
struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  bool special = false;      ///< left out of decoded text on request
  bool single_word = false;  ///< only where no word character stands beside it
  bool left_strip = false;   ///< takes the white space before it along
  bool right_strip = false;  ///< takes the white space after it along
  bool normalized = false;   ///< looked for in normalized text
};

/// A stretch of text, or an added token where `id` is not negative.
struct TextSegment {
  std::size_t begin = 0, end = 0;
  std::int32_t id = -1;
};

/// Finds added tokens: the leftmost first, the longest among those that begin at one place.
class AddedTokenMatcher {
 public:
  AddedTokenMatcher();

  /// Looks for `content` (which may be the token's normalized form); an empty one is ignored.
  void add(const AddedToken& token, std::string_view content);
  [[nodiscard]] bool empty() const { return tokens_.empty(); }
  /// The text as stretches and tokens, in order. `text` must be valid UTF-8. The token with the id `literal`
  /// is not looked for.
  [[nodiscard]] std::vector<TextSegment> split(std::string_view text,
                                               std::optional<std::int32_t> literal = std::nullopt) const;

 private:
  struct Node {
    std::vector<std::pair<char, std::int32_t>> next;
    std::int32_t token = -1;
  };
  struct Match {
    std::int32_t token;
    std::size_t length;
  };

  [[nodiscard]] Match longest_at(std::string_view text, std::optional<std::int32_t> literal) const;
  [[nodiscard]] std::int32_t child(std::int32_t node, char byte) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_;
  std::array<bool, 256> begins_{};
};

}  // namespace imp::models
