// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "models/generation/generator.h"
#include "models/io/hash.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models::test {

using Ids = std::vector<int64_t>;

/// Log-probabilities of the next token by definition: the whole sequence again, no cache.
inline at::Tensor next_log_probs(const TextModel& model, const Ids& ids) {
  const at::Tensor hidden = alone(model, ids);
  return at::log_softmax(model.logits(hidden.slice(0, hidden.size(0) - 1)), -1).view({-1});
}

inline Ids joined(Ids first, const Ids& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// Groups of all sizes, some with a picture of three tokens, some without a prefix; a pure function of the
/// seed. hidden: the model's width.
inline std::vector<PromptGroup> random_groups(size_t count, uint64_t seed, int64_t hidden = 16) {
  const auto number = [seed](uint64_t stream, uint64_t counter, uint64_t below) {
    return static_cast<int64_t>(counter_random(seed, stream, counter) % below);
  };
  std::vector<PromptGroup> groups(count);
  for (size_t g = 0; g < count; ++g) {
    PromptGroup& group = groups[g];
    for (int64_t i = number(g, 0, 40); i > 0; --i) group.prefix_ids.push_back(number(g, 100 + i, 40));
    if (g % 2 == 0) {
      group.prefix_ids.insert(group.prefix_ids.end(), 3, -200);
      group.projected = random_tensor({1, 3, hidden}, seed + g);
    }
    for (int64_t q = 0; q <= number(g, 1, 5); ++q) {
      Ids tail;
      for (int64_t i = 0; i <= number(g, 200 + q, 20); ++i) tail.push_back(number(g, 300 + 50 * q + i, 40));
      group.tails.push_back(tail);
      group.keys.push_back(1000 * g + static_cast<uint64_t>(q));
    }
  }
  return groups;
}

inline GenerationOptions up_to(int64_t max_new_tokens) {
  GenerationOptions options;
  options.max_new_tokens = max_new_tokens;
  return options;
}

}  // namespace imp::models::test
