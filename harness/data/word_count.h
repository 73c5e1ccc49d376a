// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace imp::harness {

/// How many words Python's str.split() finds in a text.
[[nodiscard]] std::int64_t count_words(std::string_view text);

}  // namespace imp::harness
