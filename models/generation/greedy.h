// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "models/text/text_model.h"

namespace imp::models {

/// Prompts that share their beginning: the questions of one picture. The prefix is prefilled once.
struct PromptGroup {
  std::vector<int64_t> prefix_ids;  ///< with `image_token` at the places of image tokens
  at::Tensor projected;             ///< [pictures, image tokens, text hidden]; undefined without a picture
  std::vector<std::vector<int64_t>> tails;  ///< the rest of each prompt, never empty
};

struct GreedyOptions {
  int64_t image_token = -200;
  int64_t eos_token = -1;  ///< ends an answer and is not part of it
  int64_t max_new_tokens = 8;
};

/// Greedy decoding with a KV cache, all groups in one batch. Returns the answers' ids, in the order of groups
/// and tails. Call under at::NoGradGuard. Ties go to the lower id.
[[nodiscard]] std::vector<std::vector<int64_t>> generate_greedy(const TextModel& model,
                                                                const std::vector<PromptGroup>& groups,
                                                                const GreedyOptions& options);

}  // namespace imp::models
