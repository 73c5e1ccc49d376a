// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imp::eval {

/// LLaVA's eval_pope.py: "no" if `No`, `not` or `no` is a word of the first sentence (commas dropped), else
/// "yes".
[[nodiscard]] std::string parse_yes_no_llava(std::string_view prediction);

/// lmms-eval's POPE task: the answer lower-cased and stripped; only "yes" and "no" count later.
[[nodiscard]] std::string parse_yes_no_lmms_eval_pope(std::string_view prediction);

/// lmms-eval's MME task: "yes", "no" or "other", from the whole answer, one letter, or its first four
/// characters.
[[nodiscard]] std::string parse_yes_no_mme(std::string_view prediction);

}  // namespace imp::eval
