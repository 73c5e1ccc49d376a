// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imp::results {

// models/io/printable.h again, since results/ includes none of our other folders; tests/results holds both to
// the same.

/// Text of unknown origin (names in files, error messages, answers of a model) as a terminal may be given it:
/// what would steer the terminal or reorder the line is written out. Control characters of ASCII and C1 (ESC,
/// OSC's BEL, U+009B), U+2028, U+2029, U+FEFF and the marks that override the direction of text (Unicode's
/// Bidi_Control) become \u001b; bytes that are no UTF-8 become \xff; all else stays as it is. On a JSON text
/// the result is the same JSON, but for broken bytes.
[[nodiscard]] std::string printable(std::string_view text);

/// The same for text of several lines: line ends stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

}  // namespace imp::results
