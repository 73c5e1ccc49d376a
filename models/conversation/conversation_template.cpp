// SPDX-License-Identifier: Apache-2.0
#include "models/conversation/conversation_template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "models/io/error.h"

namespace imp::models {
namespace {

/// LLaVA: llava/conversation.py, conv_vicuna_v1; Imp's phi2 and MobileVLM's v1 are the same text.
ConversationTemplate llava(std::string name) {
  return {std::move(name),
          ConversationStyle::rounds,
          "A chat between a curious user and an artificial intelligence assistant. The assistant gives "
          "helpful, detailed, and "
          "polite answers to the user's questions. ",
          "USER: ",
          " ASSISTANT: ",
          "</s>"};
}

}  // namespace

std::vector<std::string> conversation_names() {
  return {"llava_v1", "imp", "mobilevlm", "plain", "bare_v1"};
}

ConversationTemplate conversation_template(std::string_view name) {
  if (name == "llava_v1" || name == "imp" || name == "mobilevlm") return llava(std::string(name));
  if (name == "plain") return {"plain", ConversationStyle::caption, "", "", "", "\n"};
  if (name == "bare_v1") return {"bare_v1", ConversationStyle::pieces, "", "USER: ", " ASSISTANT: ", ""};
  throw Error(fmt::format("conversation '{}' is not known; {} are, or {{system, user, assistant, turn_end}}",
                          name, fmt::join(conversation_names(), ", ")));
}

ConversationTemplate custom_conversation(std::string system, std::string user, std::string assistant,
                                         std::string turn_end) {
  return {"custom",        ConversationStyle::pieces, std::move(system),
          std::move(user), std::move(assistant),      std::move(turn_end)};
}

}  // namespace imp::models
