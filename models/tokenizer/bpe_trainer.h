// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace imp::models {

/// What a new byte-level BPE tokenizer shall be.
struct BpeTraining {
  std::int32_t vocab_size = 0;              ///< special tokens, the 256 bytes and merges together
  std::vector<std::string> special_tokens;  ///< they get the first ids
  std::string eos_token, pad_token;         ///< one of the special tokens each
  std::string bos_token;           ///< if not empty, the tokenizer puts it before every text (as LLaMA's)
  bool individual_digits = false;  ///< every digit is a word of its own (as SmolLM2's)
  std::int64_t min_count = 2;      ///< rarer pairs are not merged
  std::int32_t model_max_length = 2048;  ///< written for transformers
};

/// A trained vocabulary: tokens by id, as stand-ins of bytes (byte_level.h), and merges in order.
struct TrainedBpe {
  std::vector<std::string> tokens;
  std::vector<std::pair<std::int32_t, std::int32_t>> merges;
};

/// Trains byte-level BPE (Sennrich et al., 2016, over GPT-2's words): the most frequent pair of neighbours
/// becomes a token, of equally frequent ones that with the smaller ids; so the result depends on the texts
/// alone, not on their order. Throws imp::Error (usage) if vocab_size has no room for bytes and special
/// tokens, or a role names no special token. The vocabulary is smaller than asked where the texts have no
/// pair left.
[[nodiscard]] TrainedBpe train_bpe(std::span<const std::string> texts, const BpeTraining& training);

/// Writes tokenizer.json and tokenizer_config.json, which Tokenizer::load and transformers' AutoTokenizer
/// read with equal ids. Throws imp::Error (environment) if writing fails.
void write_tokenizer(const std::filesystem::path& directory, const TrainedBpe& trained,
                     const BpeTraining& training);

}  // namespace imp::models
