// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace imp::models {

/// One code point of a UTF-8 string and the bytes it took.
struct CodePoint {
  char32_t value;
  std::size_t length;
};

/// Decodes the code point that begins `text`, which must be valid UTF-8 and not empty.
[[nodiscard]] CodePoint first_code_point(std::string_view text);

/// Decodes the last code point of `text`, which must be valid UTF-8 and not empty.
[[nodiscard]] CodePoint last_code_point(std::string_view text);

/// The UTF-8 form of a code point.
[[nodiscard]] std::string to_utf8(char32_t code_point);

[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// Replaces each maximal ill-formed subsequence by U+FFFD (Unicode 15, section 3.9, as Rust's from_utf8_lossy
/// does).
[[nodiscard]] std::string repair_utf8(std::string_view bytes);

/// The White_Space property, which is what \s means in the regular expressions of tokenizer.json.
[[nodiscard]] bool is_white_space(char32_t code_point);

/// What the pattern of GPT-2's words tells apart: \p{L}, \p{N}, \s and the rest.
enum class CharacterClass : unsigned char { letter, number, space, other };

/// The class of a code point by Unicode 16, which the `tokenizers` wheel of today has.
[[nodiscard]] CharacterClass character_class(char32_t code_point);

/// The general categories Nd, Nl and No (Rust's char::is_numeric).
[[nodiscard]] bool is_numeric(char32_t code_point);

/// What \w means in `tokenizers`: alphabetic, marks, decimal digits, connector punctuation and join controls.
[[nodiscard]] bool is_word_character(char32_t code_point);

}  // namespace imp::models
