// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace imp::eval {

/// OCRBench's score of one answer, 1 or 0, as lmms-eval 0.7.3 computes it: an answer is contained in the
/// prediction, full-width ASCII folded, lower case, line breaks as spaces. For the data set "HME100k" case
/// and width count and spaces do not.
[[nodiscard]] int ocrbench_score(std::string_view prediction, std::span<const std::string> answers,
                                 std::string_view dataset);

}  // namespace imp::eval
