// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/generation/generator.h"

namespace imp::models {

struct BeamOptions {
  int64_t beams = 5;
  double length_penalty = 1.0;  ///< a finished beam counts its summed log-probability / tokens^length_penalty
};

/// The best answer of each question of a group by beam search, as transformers' generate(num_beams,
/// early_stopping=False) finds it: of the beams * max(2, 1 + end tokens) likeliest continuations those that
/// end within the first `beams` ranks are kept as finished, the likeliest others go on; it stops when no beam
/// under way is better than the worst of `beams` finished ones. The prefix is shared by all beams of all
/// questions, which are searched side by side. Reads options.end_tokens, max_new_tokens, image_token,
/// kv_bytes and cache. Call under at::NoGradGuard. Throws as generate.
[[nodiscard]] std::vector<std::vector<int64_t>> beam_search(TextModel& model, const PromptGroup& group,
                                                            const GenerationOptions& options,
                                                            const BeamOptions& beams);

}  // namespace imp::models
