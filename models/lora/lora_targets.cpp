// SPDX-License-Identifier: Apache-2.0
#include "models/lora/lora_targets.h"

#include <fmt/format.h>

#include "models/io/error.h"

namespace imp::models {

std::regex lora_target_expression(const std::string& targets) {
  try {
    return std::regex(targets.empty() ? R"(model\.layers\.\d+\..*)" : targets);
  } catch (const std::regex_error& error) {
    throw Error(fmt::format("lora_targets: '{}' is no regular expression: {}", targets, error.what()));
  }
}

}  // namespace imp::models
