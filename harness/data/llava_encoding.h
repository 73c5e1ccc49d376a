// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/data/llava_rows.h"
#include "models/conversation/encode_row.h"

namespace imp::harness {

/// How rows become tokens.
struct RowEncoding {
  models::ConversationTemplate conversation;
  std::int64_t image_tokens = 0, max_length = 0;
  bool isolated = false;
};

/// A row of LLaVA's JSON as tokens and labels. Throws as models::encode_training_row.
[[nodiscard]] models::EncodedRow encode(const LlavaRow& row, const models::Tokenizer& tokenizer,
                                        const RowEncoding& encoding);

}  // namespace imp::harness
