// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/tokenizer/added_tokens.h"
#include "models/tokenizer/bpe_model.h"
#include "models/tokenizer/decoder.h"
#include "models/tokenizer/normalizer.h"
#include "models/tokenizer/pre_tokenizer.h"

namespace imp::models {

/// The pieces of a tokenizer, as a file describes them.
struct TokenizerDefinition {
  BpeDefinition model;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  Decoder decoder;
  std::vector<AddedToken> added_tokens;
  std::vector<std::int32_t> prefix_ids;
  std::optional<std::int32_t> bos, eos, pad;
};

/// Text to ids and back, equal to transformers' `tokenizer(text, add_special_tokens=False)`. Safe to share by
/// threads.
class Tokenizer {
 public:
  explicit Tokenizer(TokenizerDefinition definition);

  /// Reads a Hugging Face directory: `tokenizer.json`, or else SentencePiece's `tokenizer.model`; with the
  /// names of the special tokens from tokenizer_config.json, special_tokens_map.json or config.json. Without
  /// these, the vocabulary of its GGUF file; `directory` may also be such a file. Throws
  /// imp::Error (usage) naming the file and the key for anything it does not understand.
  [[nodiscard]] static std::unique_ptr<Tokenizer> load(const std::filesystem::path& directory);

  /// Ids of a text, none added. Bytes that are no UTF-8 count as U+FFFD.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const;
  /// As encode, but the added token `literal`, if there is one of that name, is ordinary text here.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, std::string_view literal) const;
  /// Text of ids; ids without a token are left out, special tokens too if `skip_special`.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, bool skip_special) const;
  /// Id of a token as the vocabulary spells it, special ones included.
  [[nodiscard]] std::optional<std::int32_t> token_id(std::string_view token) const;
  /// Throws imp::Error (usage), naming `model`, if the vocabulary has ids beyond an embedding of `rows` rows.
  void check_fits(std::int64_t rows, const std::filesystem::path& model) const;
  /// The largest id plus one: rows an embedding must have at least.
  [[nodiscard]] std::int32_t vocab_size() const { return vocab_size_; }
  /// What the tokenizer itself puts before a text: [bos] for LLaMA, nothing for Phi and SmolLM2.
  [[nodiscard]] const std::vector<std::int32_t>& prefix_ids() const { return prefix_ids_; }
  /// Throws imp::Error (usage) if the directory names no end-of-text token.
  [[nodiscard]] std::int32_t eos_id() const;
  /// Nothing if the directory names no end-of-text token.
  [[nodiscard]] std::optional<std::int32_t> named_eos_id() const { return eos_; }
  [[nodiscard]] std::optional<std::int32_t> bos_id() const { return bos_; }
  [[nodiscard]] std::optional<std::int32_t> pad_id() const { return pad_; }

 private:
  using Literal = std::optional<std::int32_t>;  ///< an added token that is not looked for

  [[nodiscard]] std::vector<std::int32_t> encode_text(std::string_view text, Literal literal) const;
  void encode_stretch(std::string_view text, bool begins_input, Literal literal,
                      std::vector<std::int32_t>& ids) const;
  void encode_words(std::string_view text, bool begins_input, std::vector<std::int32_t>& ids) const;

  struct Token {
    std::string text;
    bool known = false, special = false;
  };

  BpeModel model_;
  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  Decoder decoder_;
  AddedTokenMatcher raw_tokens_, normalized_tokens_;
  std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>> added_ids_;
  std::vector<Token> tokens_;  ///< by id
  std::vector<std::int32_t> prefix_ids_;
  std::optional<std::int32_t> bos_, eos_, pad_;
  std::int32_t vocab_size_ = 0;
};

}  // namespace imp::models
