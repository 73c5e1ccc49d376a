// SPDX-License-Identifier: Apache-2.0
#include "models/config/config_section.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "models/config/refused_keys.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

using nlohmann::json;

json default_of(const ConfigKey& key) {
  return json::parse(key.default_value);
}

}  // namespace

ConfigSection::ConfigSection(const json& object, std::string where, const ConfigClass& config_class)
    : object_(object), where_(std::move(where)), class_(config_class) {
  if (!object_.is_object()) throw Error(where_ + ": is no JSON object; a model's config is needed");
  std::string refused = refused_lines(object_, where_, class_.keys);
  const std::string common = refused_lines(object_, where_, common_config_keys());
  if (!refused.empty() && !common.empty()) refused += '\n';
  refused += common;
  if (!refused.empty()) throw Error::of_lines(refused);
}

bool ConfigSection::given(std::string_view key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

json ConfigSection::value(std::string_view key) const {
  const ConfigKey* known = find_config_key(class_, key);
  if (known == nullptr)
    throw std::logic_error(fmt::format("{} has no key {} in its table", class_.name, key));
  return given(key) ? *object_.find(key) : default_of(*known);
}

void ConfigSection::wrong_type(std::string_view key, const json& found, const char* wanted) const {
  throw Error(fmt::format("{}: {} is {}; {} is needed", where_, key, shown_briefly(found), wanted));
}

template <>
int64_t ConfigSection::convert(std::string_view key, const json& found) const {
  // Some tools write whole numbers as floats.
  if (found.is_number_float() && std::trunc(found.get<double>()) == found.get<double>() &&
      std::abs(found.get<double>()) < 9e15)
    return static_cast<int64_t>(found.get<double>());
  if (!found.is_number_integer() || (found.is_number_unsigned() && found.get<uint64_t>() > INT64_MAX))
    wrong_type(key, found, "a whole number");
  return found.get<int64_t>();
}

template <>
double ConfigSection::convert(std::string_view key, const json& found) const {
  if (!found.is_number()) wrong_type(key, found, "a number");
  return found.get<double>();
}

template <>
bool ConfigSection::convert(std::string_view key, const json& found) const {
  if (!found.is_boolean()) wrong_type(key, found, "true or false");
  return found.get<bool>();
}

template <>
std::string ConfigSection::convert(std::string_view key, const json& found) const {
  if (!found.is_string()) wrong_type(key, found, "a string");
  return found.get<std::string>();
}

int64_t ConfigSection::positive(std::string_view key) const {
  constexpr int64_t kMost = int64_t{1} << 31;  // so that no product of two sizes overflows
  const auto number = get<int64_t>(key);
  if (number <= 0 || number > kMost)
    throw Error(fmt::format("{}: {} is {}; it must be above 0 and at most 2^31", where_, key, number));
  return number;
}

std::optional<int64_t> ConfigSection::token(std::string_view key) const {
  if (object_.contains(key) && object_.find(key)->is_null()) return std::nullopt;
  const json found = value(key);
  if (!found.is_array()) return find<int64_t>(key);
  // Several end tokens may be listed; the first is the one that ends an answer.
  return found.empty() ? std::nullopt : std::optional(convert<int64_t>(key, found[0]));
}

}  // namespace imp::models
