// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace imp::results {

/// Holm's adjusted p values (Scandinavian Journal of Statistics 6, 1979) of a family of tests, in the order
/// given. A p that is not a number stays one and is no member of the family.
[[nodiscard]] std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace imp::results
