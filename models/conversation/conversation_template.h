// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace imp::models {

/// How a template's strings become ids and labels.
enum class ConversationStyle {
  pieces,   ///< each piece encoded on its own, end of turn as an id (shared/peers/hf_common.py of the study)
  rounds,   ///< LLaVA's preprocess_v1: one text, split at pictures, labels found by counting the tokens of
            ///< rounds
  caption,  ///< LLaVA's preprocess_plain: picture, caption, line end; questions are thrown away
};

/// A prompt format. A turn reads user + question + assistant + answer + turn_end; `system` stands before the
/// first.
struct ConversationTemplate {
  std::string name;
  ConversationStyle style = ConversationStyle::pieces;
  std::string system, user, assistant;
  std::string turn_end;  ///< empty: the tokenizer's end-of-text token
};

/// One of llava_v1, imp, mobilevlm (LLaVA v1's text), plain, bare_v1 (LLaVA v1 without its system sentence).
/// Throws imp::Error (usage) listing the known names for any other.
[[nodiscard]] ConversationTemplate conversation_template(std::string_view name);

/// The names that conversation_template knows.
[[nodiscard]] std::vector<std::string> conversation_names();

/// A template of the user's own strings, taken literally, in the style `pieces`. Spaces that end `assistant`
/// go to the answer, so that a prompt ends without them and the tokens of prompt and row agree.
[[nodiscard]] ConversationTemplate custom_conversation(std::string system, std::string user,
                                                       std::string assistant, std::string turn_end);

}  // namespace imp::models
