// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace imp::models {

/// The two ways to compute a LoRA layer; they agree up to rounding.
enum class LoraForm {
  factored,  ///< x W^T + s (x A^T) B^T: cheap where tokens are few or the rank is small
  merged,    ///< x (W + s B A)^T: cheap where the rank is near the layer's width
};

/// The form with fewer floating-point operations, forward and backward together.
/// Without W's own products (equal in both), per token-count N, widths in/out and rank r:
///   factored 6 N r (in + out);  merged 2 N in out (the gradient of the sum) + 6 r in out (the sum and two
///   products).
[[nodiscard]] inline LoraForm cheaper_lora_form(int64_t tokens, int64_t in_features, int64_t out_features,
                                                int64_t rank) {
  const double n = static_cast<double>(tokens), in = static_cast<double>(in_features);
  const double out = static_cast<double>(out_features), r = static_cast<double>(rank);
  const double factored = 6 * n * r * (in + out);
  const double merged = 2 * n * in * out + 6 * r * in * out;
  return merged < factored ? LoraForm::merged : LoraForm::factored;
}

}  // namespace imp::models
