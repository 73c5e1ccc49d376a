// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/conversation/row_styles.h"

namespace imp::models {
namespace {

/// Python's str.split with a separator.
std::vector<std::string_view> split_text(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t place = text.find(separator);
    parts.push_back(text.substr(0, place));
    if (place == std::string_view::npos) return parts;
    text.remove_prefix(place + separator.size());
  }
}

/// Makes ids of text as LLaVA does: with tokenizer_image_token where the row has a picture (the stretches
/// between markers, joined by placeholders; the leading BOS is the caller's), else with the tokenizer alone.
class Encoder {
 public:
  Encoder(const Tokenizer& tokenizer, bool has_image) : tokenizer_(tokenizer), has_image_(has_image) {}

  [[nodiscard]] std::vector<std::int32_t> operator()(std::string_view text) const {
    if (!has_image_) return encode_words(tokenizer_, text);
    std::vector<std::int32_t> ids;
    bool first = true;
    for (const std::string_view stretch : split_text(text, kImageMarker)) {
      if (!first) ids.push_back(kImagePlaceholder);
      first = false;
      const std::vector<std::int32_t> part = tokenizer_.encode(stretch);
      ids.insert(ids.end(), part.begin(), part.end());
    }
    return ids;
  }

 private:
  const Tokenizer& tokenizer_;
  bool has_image_;
};

bool is_marked(std::string_view text) {
  return text.find(kImageMarker) != std::string_view::npos;
}

/// A message with the picture at its front.
std::string showing(std::string_view message) {
  return strip("<image>\n" + strip(without(message, kImageMarker)));
}

/// LLaVA's preprocess_multimodal: a message's marker moves to its front, the assistant's too. A prompt shows
/// its picture before a question: the first, if none is marked.
std::vector<Turn> place_markers(std::span<const Turn> turns, RowPurpose purpose) {
  std::vector<Turn> placed(turns.begin(), turns.end());
  bool shown = false;
  for (Turn& turn : placed) {
    if (is_marked(turn.question)) {
      turn.question = showing(turn.question);
      shown = true;
    }
    if (!turn.answer || !is_marked(*turn.answer)) continue;
    turn.answer =
        purpose == RowPurpose::file ? showing(*turn.answer) : strip(without(*turn.answer, kImageMarker));
  }
  if (purpose == RowPurpose::prompt && !shown) placed.front().question = showing(placed.front().question);
  return placed;
}

/// LLaVA's Conversation.get_prompt for two separators: an empty message leaves its role and a colon alone. A
/// row of a file may end after a question.
std::string prompt_text(const ConversationTemplate& conversation, std::span<const Turn> turns,
                        const std::string& turn_end, RowPurpose purpose) {
  const std::string_view tag = without_last_spaces(conversation.assistant);
  std::string text = conversation.system;
  for (const Turn& turn : turns) {
    const bool asked = !turn.question.empty();
    text += asked ? conversation.user + turn.question : std::string(without_last_spaces(conversation.user));
    const std::size_t gap = tag.find_first_not_of(' ');
    if (!turn.answer && purpose == RowPurpose::file) {
      text += tag.substr(0, asked ? gap : 0);
      continue;
    }
    const std::string& answer = turn.answer.value_or("");
    const std::string_view role = answer.empty() ? tag : std::string_view(conversation.assistant);
    text += role.substr(asked ? 0 : gap);
    if (!answer.empty()) text += answer + turn_end;
  }
  return text;
}

/// Everything before the first picture, and the picture, is shared; a turn reaches to its end token.
void number_turns(EncodedRow& row, std::size_t prefix, const std::vector<std::size_t>& ends) {
  row.turns.assign(row.ids.size(), 0);
  std::size_t turn = 0;
  for (std::size_t place = prefix; place < row.ids.size(); ++place) {
    while (turn + 1 < ends.size() && place >= ends[turn]) ++turn;
    row.turns[place] = static_cast<std::int32_t>(turn) + 1;
  }
  const auto picture = std::find(row.ids.begin(), row.ids.end(), kImagePlaceholder);
  const std::size_t first_end = ends.empty() ? row.ids.size() : ends.front();
  const auto place = static_cast<std::size_t>(picture - row.ids.begin());
  if (place < first_end && picture != row.ids.end()) std::fill_n(row.turns.begin(), place + 1, 0);
}

}  // namespace

EncodedRow row_of_rounds(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                         std::span<const Turn> turns, bool has_image, std::int64_t max_length,
                         RowPurpose purpose) {
  // A tokenizer that lacks LLaVA's </s> ends turns with its own end-of-text token.
  const std::string turn_end = tokenizer.token_id(conversation.turn_end)
                                   ? conversation.turn_end
                                   : tokenizer.decode(std::vector<std::int32_t>{tokenizer.eos_id()}, false);
  const std::vector<Turn> placed =
      has_image ? place_markers(turns, purpose) : std::vector<Turn>(turns.begin(), turns.end());
  const std::string text = prompt_text(conversation, placed, turn_end, purpose);
  const Encoder encode(tokenizer, has_image);
  EncodedRow row;
  row.unanswered = std::any_of(placed.begin(), placed.end(),
                               [](const Turn& turn) { return turn.answer.value_or("").empty(); });
  row.ids = tokenizer.prefix_ids();
  const std::size_t prefix = row.ids.size();
  const std::vector<std::int32_t> body = encode(text);
  row.ids.insert(row.ids.end(), body.begin(), body.end());
  row.labels = row.ids;
  const auto hide = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < std::min(end, row.labels.size()); ++i) row.labels[i] = kIgnoreLabel;
  };
  // LLaVA's preprocess_v1: a round is counted on its own, plus one for its end token; its instruction reaches
  // to the assistant's tag, less the token of the tag's last space.
  hide(0, prefix);
  std::size_t reached = prefix;
  std::vector<std::size_t> ends;
  for (const std::string_view round : split_text(text, turn_end)) {
    const std::vector<std::string_view> parts = split_text(round, conversation.assistant);
    if (round.empty() || parts.size() != 2) break;
    const std::string instruction = std::string(parts[0]) + conversation.assistant;
    const std::size_t instruction_length = encode(instruction).size();
    hide(reached, reached + instruction_length - 1);
    reached += encode(round).size() + 1;
    ends.push_back(reached);
  }
  hide(reached, row.labels.size());
  const auto limit = static_cast<std::size_t>(max_length);
  const std::size_t counted = max_length > 0 && !has_image ? std::min(row.ids.size(), limit) : row.ids.size();
  if ((max_length <= 0 || reached < limit) && reached != counted) {
    hide(0, row.labels.size());
    row.lengths_disagree = true;
    row.counted_tokens = static_cast<std::int64_t>(reached);
    row.own_tokens = static_cast<std::int64_t>(counted);
  }
  number_turns(row, prefix, ends);
  return row;
}

}  // namespace imp::models
