// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "models/conversation/row_styles.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

/// The end of a turn as ids: the end-of-text token, a token of that name, or text.
std::vector<std::int32_t> turn_end_ids(const Tokenizer& tokenizer, const ConversationTemplate& conversation) {
  if (conversation.turn_end.empty()) return {tokenizer.eos_id()};
  if (const auto id = tokenizer.token_id(conversation.turn_end)) return {*id};
  return tokenizer.encode(conversation.turn_end);
}

std::string without_markers(std::string_view question) {
  return strip(without(without(without(question, "<image>\n"), "\n<image>"), kImageMarker));
}

}  // namespace

EncodedRow row_of_pieces(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                         std::span<const Turn> turns, bool has_image) {
  const std::vector<std::int32_t> end = turn_end_ids(tokenizer, conversation);
  const std::string_view tag = without_last_spaces(conversation.assistant);
  const std::string_view gap = std::string_view(conversation.assistant).substr(tag.size());
  EncodedRow row;
  row.unanswered = !turns.empty() && !turns.back().answer;
  append(row, tokenizer.prefix_ids(), 0, false);
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const auto turn = static_cast<std::int32_t>(i) + 1;
    const bool after_picture = i == 0 && has_image;
    const std::string opening = i == 0 ? conversation.system + conversation.user : conversation.user;
    if (after_picture) {
      append(row, encode_words(tokenizer, opening), 0, false);
      append(row, std::span(&kImagePlaceholder, 1), 0, false);
    }
    const std::string asked =
        fmt::format("{}{}{}", after_picture ? std::string_view("\n") : opening,
                    has_image ? without_markers(turns[i].question) : strip(turns[i].question), tag);
    const std::vector<std::int32_t> prompt = encode_words(tokenizer, asked);
    append(row, prompt, turn, false);
    if (!turns[i].answer) continue;
    const std::vector<std::int32_t> whole =
        encode_words(tokenizer, fmt::format("{}{}{}", asked, gap, strip(*turns[i].answer)));
    if (whole.size() < prompt.size() || !std::equal(prompt.begin(), prompt.end(), whole.begin())) {
      throw Error(fmt::format(
          "conversation '{}': the ids of '{}' are not the first ids of it and its answer '{}'; end "
          "'assistant' where a token ends",
          conversation.name, asked, *turns[i].answer));
    }
    append(row, std::span(whole).subspan(prompt.size()), turn, true);
    append(row, end, turn, true);
  }
  return row;
}

EncodedRow row_of_caption(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                          std::span<const Turn> turns, bool has_image) {
  if (turns.size() != 1) {
    throw Error(fmt::format(
        "conversation '{}': a row has one caption, found {} turns; use turns: isolated for several",
        conversation.name, turns.size()));
  }
  EncodedRow row;
  row.unanswered = !turns[0].answer;
  append(row, tokenizer.prefix_ids(), 0, false);
  if (has_image) append(row, std::span(&kImagePlaceholder, 1), 0, false);
  if (turns[0].answer)
    append(row, encode_words(tokenizer, *turns[0].answer + conversation.turn_end), 1, true);
  return row;
}

}  // namespace imp::models
