// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "models/config/config_keys.h"

namespace imp::models {

/// Typed access to one JSON object of a config.json by the table of its class. Every error is an imp::Error
/// (usage) that names file and key.
class ConfigSection {
 public:
  /// Throws if `object` is no JSON object, or has keys that the table refuses: all of them at once, a line
  /// each.
  ConfigSection(const nlohmann::json& object, std::string where, const ConfigClass& config_class);

  /// The key's value, or the table's default where it is absent or null.
  template <typename T>
  [[nodiscard]] T get(std::string_view key) const {
    return convert<T>(key, value(key));
  }
  /// As get(); nothing where the key and the default are null.
  template <typename T>
  [[nodiscard]] std::optional<T> find(std::string_view key) const {
    const nlohmann::json& found = value(key);
    return found.is_null() ? std::nullopt : std::optional(convert<T>(key, found));
  }
  /// A whole number of at least 1.
  [[nodiscard]] int64_t positive(std::string_view key) const;
  /// A token's id, or the first of a list: null means that there is none, whatever the default.
  [[nodiscard]] std::optional<int64_t> token(std::string_view key) const;
  /// An object or list, or the default's; null if both are.
  [[nodiscard]] nlohmann::json raw(std::string_view key) const { return value(key); }
  /// Whether the object itself has the key, other than null.
  [[nodiscard]] bool given(std::string_view key) const;

  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  /// Throws std::logic_error if the table does not have the key.
  [[nodiscard]] nlohmann::json value(std::string_view key) const;
  [[noreturn]] void wrong_type(std::string_view key, const nlohmann::json& found, const char* wanted) const;

  template <typename T>
  [[nodiscard]] T convert(std::string_view key, const nlohmann::json& found) const;

  const nlohmann::json& object_;
  std::string where_;
  const ConfigClass& class_;
};

template <>
int64_t ConfigSection::convert(std::string_view key, const nlohmann::json& found) const;
template <>
double ConfigSection::convert(std::string_view key, const nlohmann::json& found) const;
template <>
bool ConfigSection::convert(std::string_view key, const nlohmann::json& found) const;
template <>
std::string ConfigSection::convert(std::string_view key, const nlohmann::json& found) const;

}  // namespace imp::models
