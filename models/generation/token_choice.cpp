// SPDX-License-Identifier: Apache-2.0
#include "models/generation/token_choice.h"

#include <algorithm>
#include <cmath>

#include "models/io/hash.h"

namespace imp::models {

int64_t TokenChoice::choose(std::span<const float> logits, uint64_t key, uint64_t place) const {
  const auto likeliest = std::max_element(logits.begin(), logits.end());
  if (temperature <= 0.0) return likeliest - logits.begin();
  const double most = *likeliest;
  const auto weight = [&](float logit) {
    return std::exp((static_cast<double>(logit) - most) / temperature);
  };
  double sum = 0.0;
  for (const float logit : logits) sum += weight(logit);
  // 53 random bits make a number in [0, 1).
  double left = static_cast<double>(counter_random(seed, key, place) >> 11) * 0x1.0p-53 * sum;
  for (size_t id = 0; id < logits.size(); ++id) {
    left -= weight(logits[id]);
    if (left < 0.0) return static_cast<int64_t>(id);
  }
  return likeliest - logits.begin();  // rounding left a rest
}

}  // namespace imp::models
