// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace imp::eval {

/// Average normalised Levenshtein similarity of one prediction, in {0} and [0.5, 1], as lmms-eval 0.7.3
/// computes it (api/metrics.py): distance of the lower-cased, white-space-collapsed texts over the longer of
/// the two ORIGINAL texts (counted in upper case), the best answer counts, below 0.5 is 0. Throws imp::Error
/// if there is no answer.
[[nodiscard]] double anls(std::string_view prediction, std::span<const std::string> answers);

}  // namespace imp::eval
