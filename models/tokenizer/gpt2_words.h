// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace imp::models {

/// Where the word that begins at `begin` ends, by GPT-2's pattern (gpt2_pattern of regex.h), written out by
/// hand because a regular expression takes most of the time of tokenizing. Every byte belongs to a word.
/// `text` must be valid UTF-8 and longer than `begin`.
[[nodiscard]] std::size_t end_of_gpt2_word(std::string_view text, std::size_t begin);

}  // namespace imp::models
