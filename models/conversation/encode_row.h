// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/conversation/conversation_template.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::models {

/// Stands in a row's ids for one feature row of a picture; no vocabulary has it.
inline constexpr std::int32_t kImagePlaceholder = -200;
/// A label that is not learned.
inline constexpr std::int32_t kIgnoreLabel = -100;

/// A question and its answer, as a row of LLaVA's JSON has them: either may hold the marker "<image>", which
/// means a picture in rows that have one and is the word itself in all others.
struct Turn {
  std::string question;
  std::optional<std::string> answer;  ///< nothing in the last turn of a prompt, or of a row that ends there
};

/// Whether later turns see earlier ones.
enum class TurnsMode {
  conversation,  ///< a real conversation: each turn follows the one before
  isolated,  ///< each turn is tokenized as if it were the only one; the attention mask must keep turns apart
};

/// A row of token ids. All vectors but `image_positions` have one entry a token.
struct EncodedRow {
  std::vector<std::int32_t> ids;     ///< kImagePlaceholder where a picture's feature row goes
  std::vector<std::int32_t> labels;  ///< the id to learn at its own place (not shifted), or kIgnoreLabel
  std::vector<std::int32_t> turns;   ///< 0: shared by all turns (bos, system, picture); k >= 1: turn k
  std::vector<std::int32_t> image_positions;  ///< where kImagePlaceholder stands in `ids`, rising
  std::int64_t pictures = 0;                  ///< how often a picture is shown, before the row was cut
  bool unanswered = false;        ///< a turn has no answer to learn, so that no label is learned (see below)
  bool lengths_disagree = false;  ///< LLaVA's count of tokens failed, so that no label is learned
  std::int64_t counted_tokens = 0, own_tokens = 0;  ///< the two lengths that disagree
  bool truncated = false;                           ///< the row was longer than max_length
};

/// A row to train on. `num_image_tokens` placeholders are put for a picture: in LLaVA's templates for each
/// message with a marker, at its front, and none where no message has one; in the others once, before the
/// first question. The row is cut at `max_length` tokens, 0 for no limit. A last question without an answer
/// hides all labels, as LLaVA's count of tokens does; so does an empty answer in LLaVA's templates. In
/// isolated mode each turn is a row of its own with the ids that encode_prompt and an answer would have; its
/// missing answer hides its own labels. Sources: `bare_v1` as the study's peer scripts; LLaVA's templates as
/// its train.py (preprocess_multimodal, preprocess_v1, preprocess_plain), BOS or not by the tokenizer. Throws
/// imp::Error (usage) if there is no turn, an answer is missing before the last, `plain` gets several turns
/// in conversation mode, or the tokens of a prompt are not the first tokens of prompt and answer.
[[nodiscard]] EncodedRow encode_training_row(const Tokenizer& tokenizer,
                                             const ConversationTemplate& conversation,
                                             std::span<const Turn> turns, bool has_image,
                                             std::int64_t num_image_tokens, std::int64_t max_length,
                                             TurnsMode mode);

/// A prompt to generate from: earlier turns, then a question, then the assistant's tag without trailing
/// spaces. No label is learned. The picture stands before the first question, or before each with a marker.
/// Throws as encode_training_row.
[[nodiscard]] EncodedRow encode_prompt(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                                       std::span<const Turn> earlier, std::string_view question,
                                       bool has_image, std::int64_t num_image_tokens);

/// A prompt of one question.
[[nodiscard]] EncodedRow encode_prompt(const Tokenizer& tokenizer, const ConversationTemplate& conversation,
                                       std::string_view question, bool has_image,
                                       std::int64_t num_image_tokens);

}  // namespace imp::models
