// SPDX-License-Identifier: Apache-2.0
#include "models/config/model_config.h"

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/weights/gguf.h"

namespace imp::models {

using nlohmann::json;

std::filesystem::path config_path(const std::filesystem::path& model) {
  return find_gguf(model).value_or(model / "config.json");
}

json read_config_json(const std::filesystem::path& model) {
  if (const auto gguf = find_gguf(model)) return gguf_config(GgufFile(*gguf));
  const std::filesystem::path path = model / "config.json";
  if (!std::filesystem::exists(path)) {
    throw Error(path.string() + ": is missing; a Hugging Face model directory has it");
  }
  json config = json::parse(read_file(path), nullptr, false);
  if (config.is_discarded() || !config.is_object()) throw Error(path.string() + ": is no JSON object");
  return config;
}

}  // namespace imp::models
