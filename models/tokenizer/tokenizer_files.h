// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "models/tokenizer/tokenizer.h"

namespace imp::models {

class GgufFile;

/// Reads a JSON file. Throws imp::Error (usage) with the path and the place of the mistake.
[[nodiscard]] nlohmann::json read_json_file(const std::filesystem::path& path);

/// Reads tokenizer.json (https://huggingface.co/docs/tokenizers) with a BPE model. `add_prefix_space` is what
/// the tokenizer's class says in place of a lone ByteLevel pre-tokenizer's own. Throws imp::Error (usage)
/// naming file and key.
[[nodiscard]] TokenizerDefinition read_tokenizer_json(const std::filesystem::path& path,
                                                      std::optional<bool> add_prefix_space = std::nullopt);

/// Reads SentencePiece's tokenizer.model (sentencepiece_model.proto) of type BPE with the identity
/// normalization. Throws imp::Error (usage) naming what it does not know.
[[nodiscard]] TokenizerDefinition read_sentencepiece_model(const std::filesystem::path& path, SpaceRule rule);

/// Reads the vocabulary of a GGUF file: byte-level BPE (`gpt2`) behind a pre-tokenizer that imp knows by
/// llama.cpp's name, with special tokens and ids. Throws imp::Error (usage) naming file and key.
[[nodiscard]] TokenizerDefinition read_gguf_tokenizer(const GgufFile& file);

/// A token as `added_tokens` of tokenizer.json lists it.
[[nodiscard]] nlohmann::json added_token_json(const AddedToken& token);

/// The pre-tokenizer that a GGUF file names, as tokenizer.json spells it. Throws imp::Error (usage) naming
/// the key if imp does not know it.
[[nodiscard]] nlohmann::json gguf_pre_tokenizer(const GgufFile& file);

/// Writes such a vocabulary as tokenizer.json and tokenizer_config.json, as transformers reads them. Throws
/// as read_gguf_tokenizer, and imp::Error (environment) if writing fails.
void write_gguf_tokenizer(const GgufFile& file, const std::filesystem::path& folder);

}  // namespace imp::models
