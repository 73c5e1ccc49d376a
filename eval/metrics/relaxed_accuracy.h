// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace imp::eval {

/// ChartQA's relaxed accuracy, 1 or 0, as lmms-eval computes it: two numbers (Python's float, a trailing %
/// divides by 100) may differ by 5 % of a target that is not 0; all else must be equal but for case.
[[nodiscard]] double relaxed_accuracy(std::string_view prediction, std::string_view answer);

}  // namespace imp::eval
