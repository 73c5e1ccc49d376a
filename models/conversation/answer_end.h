// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "models/config/generation_config.h"
#include "models/conversation/conversation_template.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::models {

/// The token that training rows of the conversation end an answer with; nothing where that is more than one.
[[nodiscard]] std::optional<std::int32_t> taught_end(const Tokenizer& tokenizer,
                                                     const ConversationTemplate& conversation);

/// The tokens that end an answer of `model`: those of generation_config.json, or else config.json, or else
/// the tokenizer's; and, where `trained_in` is given, what rows of that conversation have taught. May be
/// empty. Throws imp::Error (usage) as read_generation_config.
[[nodiscard]] std::vector<std::int64_t> end_tokens(const std::filesystem::path& model,
                                                   const Tokenizer& tokenizer,
                                                   const ConversationTemplate* trained_in);

/// The settings of `model` for answers of so many beams, with those end tokens. Throws imp::Error (usage) as
/// read_generation_config and refuse_other_rules, and if there is no end token.
[[nodiscard]] GenerationConfig answer_settings(const std::filesystem::path& model, const Tokenizer& tokenizer,
                                               const ConversationTemplate* trained_in, std::int64_t beams);

}  // namespace imp::models
