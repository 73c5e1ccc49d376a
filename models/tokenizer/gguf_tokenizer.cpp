// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/tokenizer/tokenizer_files.h"
#include "models/tokenizer/unicode.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string_view>;

/// llama.h: llama_token_attr, as the file numbers them.
enum class TokenKind : std::int64_t {
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6
};

/// Steps of tokenizer.json by llama.cpp's names of pre-tokenizers (llama-vocab.cpp: LLAMA_VOCAB_PRE_TYPE_*).
json pre_tokenizer_named(std::string_view name) {
  const json byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  if (name == "gpt-2" || name == "phi-2") return byte_level;
  if (name == "smollm") {
    const json digits = {{"type", "Digits"}, {"individual_digits", true}};
    return {{"type", "Sequence"}, {"pretokenizers", {digits, byte_level}}};
  }
  throw Error(
      fmt::format("tokenizer.ggml.pre: unknown pre-tokenizer '{}'; smollm, gpt-2 and phi-2 are known", name));
}

void read_vocabulary(const Texts& tokens, BpeDefinition& model) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!is_valid_utf8(tokens[i])) throw Error(fmt::format("tokenizer.ggml.tokens: token {} is no UTF-8", i));
    if (!model.vocabulary.emplace(tokens[i], static_cast<std::int32_t>(i)).second) {
      throw Error(
          fmt::format("tokenizer.ggml.tokens: '{}' stands twice, the second time as token {}", tokens[i], i));
    }
  }
}

void read_merges(const Texts& merges, BpeDefinition& model) {
  const auto find = [&](std::string_view token, std::size_t line) {
    const auto found = model.vocabulary.find(token);
    if (found == model.vocabulary.end()) {
      throw Error(fmt::format("tokenizer.ggml.merges: '{}' of merge {} is not in tokenizer.ggml.tokens",
                              token, line));
    }
    return found->second;
  };
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const std::size_t space =
        merges[i].find(' ', 1);  // a token may begin with a space of its own, not end with one
    if (merges[i].empty() || space == std::string_view::npos) {
      throw Error(fmt::format("tokenizer.ggml.merges: merge {}, '{}', is not two tokens", i, merges[i]));
    }
    const std::string_view left = merges[i].substr(0, space), right = merges[i].substr(space + 1);
    model.merges.push_back({find(left, i), find(right, i), find(std::string(left).append(right), i),
                            static_cast<std::int32_t>(i)});
  }
}

std::vector<AddedToken> added_tokens(const GgufFile& file, const Texts& tokens) {
  std::vector<AddedToken> added;
  const auto kinds = file.get<std::vector<std::int64_t>>("tokenizer.ggml.token_type");
  if (!kinds) return added;
  if (kinds->size() != tokens.size()) {
    throw Error(fmt::format("tokenizer.ggml.token_type has {} values, tokenizer.ggml.tokens {}",
                            kinds->size(), tokens.size()));
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto kind = static_cast<TokenKind>((*kinds)[i]);
    if (kind != TokenKind::control && kind != TokenKind::user_defined) continue;
    added.push_back({.id = static_cast<std::int32_t>(i),
                     .content = std::string(tokens[i]),
                     .special = kind == TokenKind::control});
  }
  return added;
}

std::optional<std::int32_t> special_id(const GgufFile& file, const char* key, std::size_t tokens) {
  const auto id = file.get<std::int64_t>(key);
  if (!id) return std::nullopt;
  if (*id < 0 || static_cast<std::uint64_t>(*id) >= tokens) {
    throw Error(fmt::format("{} is {}; the vocabulary has ids from 0 to {}", key, *id,
                            static_cast<std::int64_t>(tokens) - 1));
  }
  return static_cast<std::int32_t>(*id);
}

TokenizerDefinition define(const GgufFile& file) {
  const auto kind = file.need<std::string_view>("tokenizer.ggml.model");
  if (kind != "gpt2") {
    throw Error(fmt::format("tokenizer.ggml.model: unknown kind '{}'; gpt2 (byte-level BPE) is known", kind));
  }
  const Texts tokens = file.need<Texts>("tokenizer.ggml.tokens");
  if (tokens.size() > (1 << 24)) throw Error("tokenizer.ggml.tokens: more than 2^24 tokens");
  TokenizerDefinition definition;
  read_vocabulary(tokens, definition.model);
  read_merges(file.need<Texts>("tokenizer.ggml.merges"), definition.model);
  definition.pre_tokenizer = PreTokenizer::from_json(gguf_pre_tokenizer(file));
  definition.model.byte_level = true;
  definition.decoder = Decoder::from_json({{"type", "ByteLevel"}});
  definition.added_tokens = added_tokens(file, tokens);
  definition.bos = special_id(file, "tokenizer.ggml.bos_token_id", tokens.size());
  definition.eos = special_id(file, "tokenizer.ggml.eos_token_id", tokens.size());
  definition.pad = special_id(file, "tokenizer.ggml.padding_token_id", tokens.size());
  if (definition.bos && file.get<bool>("tokenizer.ggml.add_bos_token").value_or(false)) {
    definition.prefix_ids = {*definition.bos};
  }
  return definition;
}

}  // namespace

json gguf_pre_tokenizer(const GgufFile& file) {
  return pre_tokenizer_named(file.need<std::string_view>("tokenizer.ggml.pre"));
}

TokenizerDefinition read_gguf_tokenizer(const GgufFile& file) {
  const std::string where = file.path().string() + ": ";
  try {
    return define(file);
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(where)) throw;
    throw Error(where + error.what(), error.kind());
  }
}

}  // namespace imp::models
