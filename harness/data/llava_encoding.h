// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/data/llava_rows.h"
#include "models/conversation/encode_row.h"

namespace imp::harness {

/// How rows become tokens.
struct RowEncoding {
  models::ConversationTemplate conversation;
  std::int64_t image_tokens = 0, max_length = 0;
  bool isolated = false;
};

/// A row as tokens and labels, with its pictures and what is to be told of it.
struct EncodedLlavaRow {
  models::EncodedRow encoded;       ///< empty if the row is left out
  std::vector<std::string> images;  ///< one for each run of placeholders, in order; the last run may be cut
  std::vector<RowKind> kinds;       ///< none for an ordinary row
  std::int64_t supervised = 0;      ///< labels that are learned; the first token has no predecessor
};

/// A row of LLaVA's JSON as its trainer takes it. A picture that is shown more often than it is named is
/// shown again. Throws imp::Error (usage) if the template's assistant tag merges with an answer.
[[nodiscard]] EncodedLlavaRow encode(const LlavaRow& row, const models::Tokenizer& tokenizer,
                                     const RowEncoding& encoding);

/// Row `number` (from 0) of a file, likewise; an error names file and row.
[[nodiscard]] EncodedLlavaRow encode(const LlavaFile& file, std::int64_t number, const LlavaRow& row,
                                     const models::Tokenizer& tokenizer, const RowEncoding& encoding);

}  // namespace imp::harness
