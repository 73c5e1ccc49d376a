// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <regex>
#include <string>

namespace imp::models {

/// The expression that the module path of an adapted layer matches as a whole; empty targets: every linear
/// layer of the blocks, not lm_head. Throws imp::Error (usage) if it is no regular expression.
[[nodiscard]] std::regex lora_target_expression(const std::string& targets);

}  // namespace imp::models
