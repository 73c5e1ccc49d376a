// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace imp::eval {

/// MMBench's reading of an answer without a judge: the index of the option whose letter is the only option
/// letter among the answer's words (surrounding punctuation ignored), else of the only option whose text the
/// answer contains (ignoring case), else nothing. VLMEvalKit asks a language model in the last case; here it
/// counts as wrong.
[[nodiscard]] std::optional<std::size_t> parse_option_choice(std::string_view prediction,
                                                             std::span<const std::string> choices);

}  // namespace imp::eval
