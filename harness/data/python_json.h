// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imp::harness {

/// JSON as Python's json.load takes it, in the JSON of the standard: NaN, Infinity and -Infinity become null,
/// numbers of more digits than 64 bits hold become texts, lone surrogates become U+FFFD. What Python would
/// not take either is left as it is.
[[nodiscard]] std::string as_standard_json(std::string_view text);

}  // namespace imp::harness
