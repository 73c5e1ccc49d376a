// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace imp::eval {

/// Levenshtein distance in code points, or any number above `limit` once it is known to exceed that.
[[nodiscard]] std::size_t edit_distance_up_to(std::u32string_view a, std::u32string_view b,
                                              std::size_t limit);

}  // namespace imp::eval
