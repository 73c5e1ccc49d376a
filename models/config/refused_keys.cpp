// SPDX-License-Identifier: Apache-2.0
#include "models/config/refused_keys.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"

namespace imp::models {

using nlohmann::json;

std::string shown_briefly(const json& value) {
  constexpr std::size_t kLongest = 60;
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

std::string refused_lines(const json& object, const std::string& where, std::span<const ConfigKey> keys) {
  std::string refused;
  for (const ConfigKey& key : keys) {
    if (key.meaning != KeyMeaning::default_only) continue;
    const auto found = object.find(key.name);
    if (found == object.end() || found->is_null() || *found == json::parse(key.default_value)) continue;
    refused += fmt::format("{}{}: {} is {}, and only {} is read; {}", refused.empty() ? "" : "\n", where,
                           key.name, shown_briefly(*found), key.default_value, key.note);
  }
  return refused;
}

void refuse_keys(const json& object, const std::string& where, std::span<const ConfigKey> keys) {
  const std::string refused = refused_lines(object, where, keys);
  if (!refused.empty()) throw Error::of_lines(refused);
}

}  // namespace imp::models
