// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/generation/generator.h"

namespace imp::models {

/// log P(option | prompt), summed over the option's tokens in rising order, for each option of each question
/// of a group: an alternative to generating an answer. The prefix goes through the model once, and each
/// question's tail once. `options_of` [questions][options][ids], no option empty. Divide by the number of
/// tokens for a mean. Reads settings.image_token, kv_bytes and cache. Call under at::NoGradGuard. Throws
/// imp::Error (usage) for an empty option, or if a question exceeds kv_bytes.
[[nodiscard]] std::vector<std::vector<double>> option_log_likelihoods(
    TextModel& model, const PromptGroup& group,
    const std::vector<std::vector<std::vector<int64_t>>>& options_of, const GenerationOptions& settings);

}  // namespace imp::models
