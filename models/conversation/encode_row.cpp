// SPDX-License-Identifier: Apache-2.0
#include "models/conversation/encode_row.h"

#include <algorithm>

#include "models/conversation/row_styles.h"
#include "models/io/error.h"
#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

EncodedRow row_of(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                  std::span<const Turn> turns, bool has_image, std::int64_t max_length, RowPurpose purpose) {
  switch (conversation.style) {
    case ConversationStyle::pieces:
      return row_of_pieces(tokenizer, conversation, turns, has_image);
    case ConversationStyle::rounds:
      return row_of_rounds(tokenizer, conversation, turns, has_image, max_length, purpose);
    case ConversationStyle::caption:
      return row_of_caption(tokenizer, conversation, turns, has_image);
  }
  throw Error("conversation '" + conversation.name + "': unknown style");
}

/// One row of rows that hold one turn each: what is shared comes from the first.
EncodedRow joined(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                  std::span<const Turn> turns, bool has_image, std::int64_t max_length) {
  EncodedRow all;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const EncodedRow row =
        row_of(tokenizer, conversation, turns.subspan(i, 1), has_image, max_length, RowPurpose::prompt);
    all.unanswered = all.unanswered || row.unanswered;
    if (row.lengths_disagree) {
      all.lengths_disagree = true;
      all.counted_tokens = row.counted_tokens;
      all.own_tokens = row.own_tokens;
    }
    for (std::size_t place = 0; place < row.ids.size(); ++place) {
      if (row.turns[place] == 0 && i > 0) continue;
      all.ids.push_back(row.ids[place]);
      all.labels.push_back(row.labels[place]);
      all.turns.push_back(row.turns[place] == 0 ? 0 : static_cast<std::int32_t>(i) + 1);
    }
  }
  return all;
}

/// Puts `count` placeholders in each one's place and cuts the row.
EncodedRow expanded(const EncodedRow& row, std::int64_t count, std::int64_t max_length) {
  EncodedRow result;
  result.lengths_disagree = row.lengths_disagree;
  result.counted_tokens = row.counted_tokens;
  result.own_tokens = row.own_tokens;
  result.unanswered = row.unanswered;
  result.pictures = std::count(row.ids.begin(), row.ids.end(), kImagePlaceholder);
  for (std::size_t place = 0; place < row.ids.size(); ++place) {
    const bool picture = row.ids[place] == kImagePlaceholder;
    const auto copies = static_cast<std::size_t>(picture ? std::max<std::int64_t>(count, 0) : 1);
    for (std::size_t i = 0; i < copies; ++i) {
      if (picture) result.image_positions.push_back(static_cast<std::int32_t>(result.ids.size() + i));
    }
    result.ids.insert(result.ids.end(), copies, row.ids[place]);
    result.labels.insert(result.labels.end(), copies, picture ? kIgnoreLabel : row.labels[place]);
    result.turns.insert(result.turns.end(), copies, row.turns[place]);
  }
  const auto length = static_cast<std::size_t>(std::max<std::int64_t>(max_length, 0));
  if (length == 0 || result.ids.size() <= length) return result;
  result.truncated = true;
  for (auto* column : {&result.ids, &result.labels, &result.turns}) column->resize(length);
  while (!result.image_positions.empty() &&
         result.image_positions.back() >= static_cast<std::int32_t>(length)) {
    result.image_positions.pop_back();
  }
  return result;
}

}  // namespace

std::vector<std::int32_t> encode_words(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.encode(text, kImageMarker);
}

void append(EncodedRow& row, std::span<const std::int32_t> ids, std::int32_t turn, bool learned) {
  row.ids.insert(row.ids.end(), ids.begin(), ids.end());
  row.turns.insert(row.turns.end(), ids.size(), turn);
  if (learned) {
    row.labels.insert(row.labels.end(), ids.begin(), ids.end());
  } else {
    row.labels.insert(row.labels.end(), ids.size(), kIgnoreLabel);
  }
}

std::string strip(std::string_view text) {
  // Python's str.isspace also counts the four information separators U+001C to U+001F.
  const auto is_space = [](char32_t c) { return is_white_space(c) || (c >= 0x1c && c <= 0x1f); };
  const std::string repaired = is_valid_utf8(text) ? std::string(text) : repair_utf8(text);
  text = repaired;
  while (!text.empty() && is_space(first_code_point(text).value))
    text.remove_prefix(first_code_point(text).length);
  while (!text.empty() && is_space(last_code_point(text).value))
    text.remove_suffix(last_code_point(text).length);
  return std::string(text);
}

std::string without(std::string_view text, std::string_view from) {
  return Normalizer::replace(std::string(from), "")(text);
}

std::string_view without_last_spaces(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

EncodedRow encode_training_row(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                               std::span<const Turn> turns, bool has_image, std::int64_t num_image_tokens,
                               std::int64_t max_length, TurnsMode mode) {
  if (turns.empty()) throw Error("a row has no turns; at least one question and answer is needed");
  for (const Turn& turn : turns.first(turns.size() - 1)) {
    if (!turn.answer)
      throw Error("a question without an answer stands before others: '" + turn.question + "'");
  }
  if (mode == TurnsMode::isolated) {
    return expanded(joined(tokenizer, conversation, turns, has_image, max_length), num_image_tokens,
                    max_length);
  }
  EncodedRow row = row_of(tokenizer, conversation, turns, has_image, max_length, RowPurpose::file);
  // LLaVA's count leaves the labels of a row that is longer than max_length alone.
  if (!turns.back().answer && conversation.style != ConversationStyle::rounds)
    std::fill(row.labels.begin(), row.labels.end(), kIgnoreLabel);
  return expanded(row, num_image_tokens, max_length);
}

EncodedRow encode_prompt(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                         std::span<const Turn> earlier, std::string_view question, bool has_image,
                         std::int64_t num_image_tokens) {
  std::vector<Turn> turns(earlier.begin(), earlier.end());
  turns.push_back({std::string(question), std::nullopt});
  EncodedRow row = row_of(tokenizer, conversation, turns, has_image, 0, RowPurpose::prompt);
  std::fill(row.labels.begin(), row.labels.end(), kIgnoreLabel);
  row.lengths_disagree = false;
  return expanded(row, num_image_tokens, 0);
}

EncodedRow encode_prompt(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                         std::string_view question, bool has_image, std::int64_t num_image_tokens) {
  return encode_prompt(tokenizer, conversation, {}, question, has_image, num_image_tokens);
}

}  // namespace imp::models
