// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "models/programs/model_options.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::models {

int tokenize_command(const ModelOptions& options) {
  const auto tokenizer = Tokenizer::load(options.directory);
  std::string line;
  while (std::getline(std::cin, line)) fmt::print("{}\n", nlohmann::json(tokenizer->encode(line)).dump());
  return 0;
}

}  // namespace imp::models
