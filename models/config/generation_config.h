// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "models/config/config_keys.h"

namespace imp::models {

/// What a checkpoint's files say about its answers, of what has an effect on greedy ones and on beams.
struct GenerationConfig {
  std::vector<std::int64_t> end_tokens;  ///< eos_token_id, each once; empty where no file names one
  double length_penalty = 1.0;           ///< of beams
};

/// The keys of transformers' GenerationConfig.
extern const ConfigClass kGenerationConfig;

/// Reads `model`/generation_config.json, and where that names no end token config.json: first its top, then
/// its text_config (transformers: GenerationConfig.from_model_config); of a GGUF file its own end tokens.
/// Sampling, lengths and numbers of beams are not read: imp's own options decide. Throws imp::Error (usage)
/// naming file and key for a value of another type.
[[nodiscard]] GenerationConfig read_generation_config(const std::filesystem::path& model);

/// Throws imp::Error (usage) with a line for every rule of these files that would change greedy answers, or
/// beams if there are several, in transformers and that imp does not follow.
void refuse_other_rules(const std::filesystem::path& model, std::int64_t beams);

/// Makes `ids` the eos_token_id of `folder`/generation_config.json; what else stands there stays. Nothing is
/// written where it says so already. Throws imp::Error (environment) if writing fails.
void write_end_tokens(const std::filesystem::path& folder, const std::vector<std::int64_t>& ids);

}  // namespace imp::models
