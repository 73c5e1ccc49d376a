// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/tokenizer.h"

#include <algorithm>
#include <utility>

#include "models/io/error.h"
#include "models/tokenizer/unicode.h"

namespace imp::models {

Tokenizer::Tokenizer(TokenizerDefinition definition)
    : model_(std::move(definition.model)),
      normalizer_(std::move(definition.normalizer)),
      pre_tokenizer_(std::move(definition.pre_tokenizer)),
      decoder_(std::move(definition.decoder)),
      prefix_ids_(std::move(definition.prefix_ids)),
      bos_(definition.bos),
      eos_(definition.eos),
      pad_(definition.pad) {
  const auto name = [this](std::int32_t id, const std::string& text, bool special) {
    if (static_cast<std::size_t>(id) >= tokens_.size()) tokens_.resize(static_cast<std::size_t>(id) + 1);
    tokens_[static_cast<std::size_t>(id)] = {text, true, special};
  };
  for (const auto& [text, id] : model_.vocabulary()) name(id, text, false);
  for (const AddedToken& token : definition.added_tokens) {
    name(token.id, token.content, token.special);
    added_ids_[token.content] = token.id;
    if (token.normalized) {
      normalized_tokens_.add(token, normalizer_.apply(token.content));
    } else {
      raw_tokens_.add(token, token.content);
    }
  }
  vocab_size_ = static_cast<std::int32_t>(tokens_.size());
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  return encode_text(text, std::nullopt);
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, std::string_view literal) const {
  const auto added = added_ids_.find(literal);
  return encode_text(text, added == added_ids_.end() ? std::nullopt : Literal(added->second));
}

std::vector<std::int32_t> Tokenizer::encode_text(std::string_view text, Literal literal) const {
  std::string repaired;
  if (!is_valid_utf8(text)) {
    repaired = repair_utf8(text);
    text = repaired;
  }
  std::vector<std::int32_t> ids;
  for (const TextSegment& segment : raw_tokens_.split(text, literal)) {
    if (segment.id >= 0) {
      ids.push_back(segment.id);
    } else {
      encode_stretch(text.substr(segment.begin, segment.end - segment.begin), segment.begin == 0, literal,
                     ids);
    }
  }
  return ids;
}

void Tokenizer::encode_stretch(std::string_view text, bool begins_input, Literal literal,
                               std::vector<std::int32_t>& ids) const {
  std::string normalized;
  if (!normalizer_.changes_nothing()) {
    normalized = normalizer_.apply(text);
    text = normalized;
  }
  if (normalized_tokens_.empty()) return encode_words(text, begins_input, ids);
  for (const TextSegment& segment : normalized_tokens_.split(text, literal)) {
    if (segment.id >= 0) {
      ids.push_back(segment.id);
    } else {
      encode_words(text.substr(segment.begin, segment.end - segment.begin),
                   begins_input && segment.begin == 0, ids);
    }
  }
}

void Tokenizer::encode_words(std::string_view text, bool begins_input, std::vector<std::int32_t>& ids) const {
  Pieces pieces{{{text, begins_input}}, {}};
  pre_tokenizer_.apply(pieces);
  for (const Piece& piece : pieces.list) model_.encode(piece.text, ids);
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocab_size_) continue;
    const Token& token = tokens_[static_cast<std::size_t>(id)];
    if (token.known && !(skip_special && token.special)) texts.push_back(token.text);
  }
  return decoder_.decode(std::move(texts));
}

std::optional<std::int32_t> Tokenizer::token_id(std::string_view token) const {
  const auto added = added_ids_.find(token);
  return added != added_ids_.end() ? std::optional(added->second) : model_.find(token);
}

void Tokenizer::check_fits(std::int64_t rows, const std::filesystem::path& model) const {
  if (vocab_size_ <= rows) return;
  throw Error(model.string() + ": its tokenizer has ids up to " + std::to_string(vocab_size_ - 1) +
              ", its embedding (vocab_size) only " + std::to_string(rows) +
              " rows; is the tokenizer another model's?");
}

std::int32_t Tokenizer::eos_id() const {
  if (!eos_)
    throw Error(
        "tokenizer: no eos_token is named in tokenizer_config.json, special_tokens_map.json or config.json");
  return *eos_;
}

}  // namespace imp::models
