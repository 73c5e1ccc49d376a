// SPDX-License-Identifier: Apache-2.0
#include "models/conversation/answer_end.h"

#include <algorithm>

#include "models/io/error.h"

namespace imp::models {

std::optional<std::int32_t> taught_end(const Tokenizer& tokenizer, const ConversationTemplate& conversation) {
  if (!conversation.turn_end.empty()) {
    const auto id = tokenizer.token_id(conversation.turn_end);
    // Rounds end with the tokenizer's own token where it lacks LLaVA's </s>.
    if (id || conversation.style != ConversationStyle::rounds) return id;
  }
  return tokenizer.named_eos_id();
}

std::vector<std::int64_t> end_tokens(const std::filesystem::path& model, const Tokenizer& tokenizer,
                                     const ConversationTemplate* trained_in) {
  std::vector<std::int64_t> ends = read_generation_config(model).end_tokens;
  if (ends.empty() && tokenizer.named_eos_id()) ends.push_back(*tokenizer.named_eos_id());
  const auto taught = trained_in != nullptr ? taught_end(tokenizer, *trained_in) : std::nullopt;
  if (taught && std::find(ends.begin(), ends.end(), *taught) == ends.end()) ends.push_back(*taught);
  return ends;
}

GenerationConfig answer_settings(const std::filesystem::path& model, const Tokenizer& tokenizer,
                                 const ConversationTemplate* trained_in, std::int64_t beams) {
  refuse_other_rules(model, beams);
  GenerationConfig config = read_generation_config(model);
  config.end_tokens = end_tokens(model, tokenizer, trained_in);
  if (config.end_tokens.empty()) {
    throw Error(model.string() +
                ": names no token that ends an answer; give eos_token_id in generation_config.json");
  }
  return config;
}

}  // namespace imp::models
