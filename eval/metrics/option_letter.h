// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imp::eval {

/// LLaVA's eval_science_qa.py: the letter of an answer that is a letter A to E, starts like `B. `, or holds
/// exactly one "The answer is X" and one more character; else "FAILED".
[[nodiscard]] std::string parse_option_llava(std::string_view prediction);

/// 1 if LLaVA's parser finds the letter of option `answer` (counted from 0) among the first `choices` of
/// five, else 0.
[[nodiscard]] double option_score_llava(std::string_view prediction, int choices, int answer);

/// 1 or 0 as lmms-eval's ScienceQA task scores: the letter alone in any case, or an upper-case letter and a
/// full stop at the start. Throws imp::Error if `answer` is not one of the `choices`.
[[nodiscard]] double option_score_lmms_eval(std::string_view prediction, int choices, int answer);

}  // namespace imp::eval
