// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace imp::models {

/// How the next token is chosen from its logits.
struct TokenChoice {
  double temperature =
      0.0;  ///< 0: the likeliest, ties to the lower id; else drawn from softmax(logits / temperature)
  uint64_t seed = 0;  ///< with the question's key and the token's place it fixes every draw

  /// key: the question's; place: tokens chosen before.
  [[nodiscard]] int64_t choose(std::span<const float> logits, uint64_t key, uint64_t place) const;
};

}  // namespace imp::models
