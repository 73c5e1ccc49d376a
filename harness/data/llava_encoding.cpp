// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_encoding.h"

namespace imp::harness {

models::EncodedRow encode(const LlavaRow& row, const models::Tokenizer& tokenizer,
                          const RowEncoding& encoding) {
  std::vector<models::Turn> turns;
  for (const auto& [question, answer] : row.turns) turns.push_back({question, answer});
  const auto mode = encoding.isolated ? models::TurnsMode::isolated : models::TurnsMode::conversation;
  return models::encode_training_row(tokenizer, encoding.conversation, turns, !row.images.empty(),
                                     encoding.image_tokens, encoding.max_length, mode);
}

}  // namespace imp::harness
