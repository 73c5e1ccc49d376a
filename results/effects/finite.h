// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>

namespace imp::results {

/// A number that a database can hold; nothing for one that is none or infinite.
[[nodiscard]] inline std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace imp::results
