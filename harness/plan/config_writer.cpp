// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/config_writer.h"

#include <fmt/format.h>

#include "models/io/hash.h"

namespace imp::harness {

namespace {

using nlohmann::ordered_json;

ordered_json value_json(const std::string& text) {
  return text;
}
ordered_json value_json(std::int64_t number) {
  return number;
}
ordered_json value_json(double number) {
  return number;
}
ordered_json value_json(bool is_on) {
  return is_on;
}
ordered_json value_json(const DataSource& data) {
  if (!data.name.empty()) return data.name;
  return {{"json", data.json}, {"images", data.images}};
}
ordered_json value_json(const ConversationTemplate& prompt) {
  if (!prompt.name.empty()) return prompt.name;
  return {{"system", prompt.system},
          {"user", prompt.user},
          {"assistant", prompt.assistant},
          {"turn_end", prompt.turn_end}};
}

std::string value_text(const std::string& text) {
  return text;
}
std::string value_text(std::int64_t number) {
  return fmt::format("{}", number);
}
std::string value_text(double number) {
  return fmt::format("{}", number);
}
std::string value_text(bool is_on) {
  return is_on ? "true" : "false";
}
std::string value_text(const DataSource& data) {
  return data.name.empty() ? data.json : data.name;
}
std::string value_text(const ConversationTemplate& prompt) {
  if (!prompt.name.empty()) return prompt.name;
  return "custom-" + content_hash(value_json(prompt).dump()).substr(0, 8);
}

std::string type_name(const KeyDescription& key) {
  if (key.is_whole_number()) return "whole number";
  if (key.is_number()) return "number";
  if (key.is_text()) return "text";
  if (key.is_switch()) return "true or false";
  return "name or map";
}

std::string escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

}  // namespace

ordered_json key_json(const KeyDescription& key, const TrialConfig& config) {
  return std::visit([&](auto member) { return value_json(config.*member); }, key.member);
}

std::string key_text(const KeyDescription& key, const TrialConfig& config) {
  return std::visit([&](auto member) { return value_text(config.*member); }, key.member);
}

ordered_json to_json(const TrialConfig& config) {
  ordered_json object = ordered_json::object();
  for (const KeyDescription& key : configuration_keys())
    object[std::string(key.name)] = key_json(key, config);
  return object;
}

std::string to_yaml(const TrialConfig& config) {
  std::string text;
  for (const KeyDescription& key : configuration_keys()) {
    // JSON's quoted strings and objects are YAML as well; quoting all text spares the rules of plain scalars.
    text += fmt::format("{}: {}\n", key.name,
                        key.is_number() ? key_text(key, config) : key_json(key, config).dump());
  }
  return text;
}

std::string keys_as_markdown() {
  std::string text = "| key | type | default | values | meaning |\n|---|---|---|---|---|\n";
  const TrialConfig defaults;
  for (const KeyDescription& key : configuration_keys()) {
    const std::string shown = key_text(key, defaults);
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, type_name(key),
                        shown.empty() ? "(empty)" : "`" + shown + "`", escaped(expectation(key)),
                        escaped(std::string(key.meaning)));
  }
  return text;
}

}  // namespace imp::harness
