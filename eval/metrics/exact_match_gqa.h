// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace imp::eval {

/// GQA's exact match, 1 or 0, as lmms-eval 0.7.3 computes it: equal after lower-casing and dropping ASCII
/// punctuation. NumPy holds the texts there, which cuts a text that lower-casing made longer back to its
/// length and drops NULs at the end; so does this.
[[nodiscard]] double exact_match_gqa(std::string_view prediction, std::string_view answer);

}  // namespace imp::eval
