// SPDX-License-Identifier: Apache-2.0
// What imp makes of a config.json, for tests: `keys` prints the tables of all classes, `parse` reads lines
// that are each a config.json and prints it as imp writes it back, or what it refuses.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "models/config/config_keys.h"
#include "models/config/model_config.h"
#include "models/config/model_kind.h"
#include "models/io/error.h"

namespace {

using namespace imp::models;
using nlohmann::json;

const char* name_of(KeyMeaning meaning) {
  switch (meaning) {
    case KeyMeaning::read:
      return "read";
    case KeyMeaning::no_effect:
      return "no_effect";
    case KeyMeaning::training:
      return "training";
    case KeyMeaning::default_only:
      return "default_only";
  }
  return "";
}

json table_of(std::span<const ConfigKey> keys) {
  json table = json::object();
  for (const ConfigKey& key : keys) {
    table[std::string(key.name)] = {
        {"default", json::parse(key.default_value)}, {"meaning", name_of(key.meaning)}, {"note", key.note}};
  }
  return table;
}

void print_keys() {
  json all = {{"common", table_of(common_config_keys())}};
  for (const ConfigClass* config_class : config_classes())
    all[std::string(config_class->name)] = table_of(config_class->keys);
  fmt::print("{}\n", all.dump());
}

json read_back(const json& config) {
  switch (model_kind(config, "config.json")) {
    case ModelKind::language_model:
      return to_json(parse_text_config(config, "config.json"));
    case ModelKind::vision_tower:
      return to_json(parse_vision_config(config, "config.json"));
    case ModelKind::llava:
      return to_json(parse_llava_config(config, "config.json"));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "keys") {
    print_keys();
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);) {
    json answer;
    try {
      answer = read_back(json::parse(line));
    } catch (const imp::Error& error) {
      answer = {{"refused", error.what()}};
    }
    fmt::print("{}\n", answer.dump());
  }
}
