// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "models/conversation/encode_row.h"

namespace imp::models {

inline constexpr std::string_view kImageMarker = "<image>";

/// What a row is made for: to train on as LLaVA's trainer reads its file, or as a prompt, with its answer or
/// without, whose picture is always shown.
enum class RowPurpose { file, prompt };

/// Rows of the three styles, one placeholder a picture, uncut, `image_positions` still empty. The last answer
/// may be missing. `max_length` is only what LLaVA's check of lengths asks for; 0 for no limit.
[[nodiscard]] EncodedRow row_of_pieces(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                                       std::span<const Turn> turns, bool has_image);
[[nodiscard]] EncodedRow row_of_rounds(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                                       std::span<const Turn> turns, bool has_image, std::int64_t max_length,
                                       RowPurpose purpose);
[[nodiscard]] EncodedRow row_of_caption(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                                        std::span<const Turn> turns, bool has_image);

/// Ids of a text in which "<image>" is the word and no picture, even where the tokenizer has such a token.
[[nodiscard]] std::vector<std::int32_t> encode_words(const Tokenizer& tokenizer, std::string_view text);

/// Appends ids of one turn, learned or not.
void append(EncodedRow& row, std::span<const std::int32_t> ids, std::int32_t turn, bool learned);

/// Without white space at both ends, as Python's str.strip.
[[nodiscard]] std::string strip(std::string_view text);

/// Every `from` taken out.
[[nodiscard]] std::string without(std::string_view text, std::string_view from);

/// Without the spaces that end it.
[[nodiscard]] std::string_view without_last_spaces(std::string_view text);

}  // namespace imp::models
