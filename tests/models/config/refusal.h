// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "models/config/model_config.h"
#include "models/io/error.h"

namespace imp::models::test {

/// What is said of a config that is refused; empty if it is read.
template <typename Parse>
std::string refusal_of(Parse parse, const nlohmann::json& config) {
  try {
    (void)parse(config, std::string("config.json"));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

inline std::string text_refusal(const nlohmann::json& config) {
  return refusal_of(parse_text_config, config);
}
inline std::string vision_refusal(const nlohmann::json& config) {
  return refusal_of(parse_vision_config, config);
}
inline std::string llava_refusal(const nlohmann::json& config) {
  return refusal_of(parse_llava_config, config);
}

}  // namespace imp::models::test
