// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imp::eval {

// The reference metrics are Python programs, so their rules about text are Python's: these functions do what
// the `str` methods of the same name do. All text is valid UTF-8 (readers check it with first_invalid_utf8).

/// `str.isspace` for one code point (bidirectional class WS, B or S, or category Zs).
[[nodiscard]] bool is_python_space(char32_t code_point);

/// `\d` in a Python `str` pattern: any decimal digit of any script (category Nd).
[[nodiscard]] bool is_python_digit(char32_t code_point);

/// `str.isupper` for one code point.
[[nodiscard]] bool is_python_upper(char32_t code_point);

/// `str.lower()`: full Unicode lower-casing, final sigma included.
[[nodiscard]] std::string python_lower(std::string_view text);

/// `str.upper()`: full Unicode upper-casing (ß becomes SS).
[[nodiscard]] std::string python_upper(std::string_view text);

/// `str.strip()`.
[[nodiscard]] std::string_view python_strip(std::string_view text);

/// `str.split()`: the words between runs of white space.
[[nodiscard]] std::vector<std::string_view> python_split(std::string_view text);

/// `str.replace(from, to)`; `from` is not empty.
[[nodiscard]] std::string python_replace(std::string_view text, std::string_view from, std::string_view to);

/// `len(str)`: the number of code points.
[[nodiscard]] std::size_t python_length(std::string_view text);

/// The code points of the text.
[[nodiscard]] std::u32string to_code_points(std::string_view text);

/// The inverse of to_code_points.
[[nodiscard]] std::string to_utf8(std::u32string_view code_points);

/// The code point that starts at byte `offset`, or 0 past the end.
[[nodiscard]] char32_t code_point_at(std::string_view text, std::size_t offset);

/// The code point that ends before byte `offset`, or 0 at the start.
[[nodiscard]] char32_t code_point_before(std::string_view text, std::size_t offset);

/// Byte offset of the first byte that is not valid UTF-8, or nothing.
[[nodiscard]] std::optional<std::size_t> first_invalid_utf8(std::string_view text);

}  // namespace imp::eval
