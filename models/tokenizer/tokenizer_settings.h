// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/config/config_keys.h"
#include "models/tokenizer/added_tokens.h"

namespace imp::models {

/// What stands beside a tokenizer's vocabulary: tokenizer_config.json, special_tokens_map.json and
/// added_tokens.json, put together as transformers does.
struct TokenizerSettings {
  /// transformers' classes that differ in what a file leaves out.
  enum class Kind {
    llama,  ///< LlamaTokenizer: <s>, </s> and <unk>; <s> before a text
    gpt2,   ///< CodeGenTokenizer, GPT2Tokenizer: <|endoftext|> in all roles; add_prefix_space is the config's
    plain,  ///< PreTrainedTokenizerFast and others: what tokenizer.json says
  };

  Kind kind = Kind::plain;
  /// Tokens by role ("bos", "eos", "unk", "pad", ...) as the files name them; ids are not known here.
  std::map<std::string, AddedToken> roles;
  /// The class's own names of roles that no file names.
  std::map<std::string, std::string> default_roles;
  std::vector<AddedToken> further_special;  ///< additional_special_tokens, extra_special_tokens; without ids
  std::vector<AddedToken> added;            ///< of added_tokens_decoder, or else added_tokens.json
  std::optional<bool> add_bos_token;        ///< nothing where the key is absent; null counts as false
  bool add_prefix_space = true;             ///< the class's default where the key is absent or null
  bool legacy = false;
  bool split_special_tokens = false;  ///< special tokens in a text are text like any other
};

/// The keys of tokenizer_config.json.
extern const ConfigClass kTokenizerConfig;

/// Reads them. Where tokenizer_config.json names no class, the model_type of config.json does. Throws
/// imp::Error (usage) naming file and key for a value of another type and for what imp refuses.
[[nodiscard]] TokenizerSettings read_tokenizer_settings(const std::filesystem::path& directory);

}  // namespace imp::models
