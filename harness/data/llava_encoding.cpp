// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_encoding.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/io/error.h"

namespace imp::harness {
namespace {

std::int64_t count_supervised(const std::vector<std::int32_t>& labels) {
  if (labels.empty()) return 0;
  return std::count_if(labels.begin() + 1, labels.end(),
                       [](std::int32_t label) { return label != models::kIgnoreLabel; });
}

/// Names of the pictures that a row shows, one for each run of placeholders.
std::vector<std::string> shown_pictures(const std::vector<std::string>& named, std::size_t places,
                                        std::int64_t image_tokens) {
  std::vector<std::string> shown;
  if (named.empty()) return shown;
  const auto tokens = static_cast<std::size_t>(std::max<std::int64_t>(image_tokens, 1));
  for (std::size_t i = 0; i < (places + tokens - 1) / tokens; ++i)
    shown.push_back(named[std::min(i, named.size() - 1)]);
  return shown;
}

/// Why nothing of an encoded row is learned.
RowKind reason(const models::EncodedRow& row) {
  if (row.unanswered) return RowKind::unanswered;
  if (row.lengths_disagree) return RowKind::mismatched;
  return row.truncated ? RowKind::cut : RowKind::unanswered;
}

EncodedLlavaRow left_out(RowKind kind) {
  EncodedLlavaRow row;
  row.kinds = {kind};
  return row;
}

}  // namespace

EncodedLlavaRow encode(const LlavaRow& row, const models::Tokenizer& tokenizer, const RowEncoding& encoding) {
  if (row.left_out) return left_out(*row.left_out);
  const bool is_caption = encoding.conversation.style == models::ConversationStyle::caption;
  if (is_caption && !encoding.isolated && row.turns.size() != 1) return left_out(RowKind::several_captions);
  const auto mode = encoding.isolated ? models::TurnsMode::isolated : models::TurnsMode::conversation;
  EncodedLlavaRow result;
  result.encoded =
      models::encode_training_row(tokenizer, encoding.conversation, row.turns, !row.images.empty(),
                                  encoding.image_tokens, encoding.max_length, mode);
  const models::EncodedRow& encoded = result.encoded;
  const auto named = static_cast<std::int64_t>(row.images.size());
  if (named > 1 && encoded.pictures > 0 && encoded.pictures != named) return left_out(RowKind::picture_count);
  result.images = shown_pictures(row.images, encoded.image_positions.size(), encoding.image_tokens);
  result.supervised = count_supervised(encoded.labels);
  if (result.supervised == 0) {
    result.kinds.push_back(reason(encoded));
  } else if (encoding.isolated && (encoded.unanswered || encoded.lengths_disagree)) {
    result.kinds.push_back(RowKind::masked_in_part);
  }
  if (named > 0 && encoded.pictures == 0) result.kinds.push_back(RowKind::picture_not_shown);
  if (!row.unread_key.empty()) result.kinds.push_back(RowKind::unread_key);
  return result;
}

EncodedLlavaRow encode(const LlavaFile& file, std::int64_t number, const LlavaRow& row,
                       const models::Tokenizer& tokenizer, const RowEncoding& encoding) {
  try {
    return encode(row, tokenizer, encoding);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: row {}: {}", file.path().string(), number + 1, error.what()), error.kind());
  }
}

}  // namespace imp::harness
