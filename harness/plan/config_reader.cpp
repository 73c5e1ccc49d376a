// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/config_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

namespace imp::harness {

namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  if (text.size() > 1 && text[0] == '+') text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Reads one value; knows what is being read, so that every message can name it.
class KeyReader {
 public:
  KeyReader(const KeyDescription& key, const YamlValue& value, TrialConfig& config, Diagnostics& diagnostics)
      : key_(key), value_(value), config_(config), diagnostics_(diagnostics) {}

  void operator()(std::string TrialConfig::*member) {
    if (!value_.is_scalar())
      return wrong_type(value_.kind == YamlValue::Kind::null ? " (empty text is \"\")" : "");
    if (!key_.choices.empty() && !is_choice(value_.text)) return not_a_choice();
    config_.*member = value_.text;
  }

  void operator()(std::int64_t TrialConfig::*member) {
    if (!value_.is_scalar()) return wrong_type();
    const auto number = parse_number<std::int64_t>(value_.text);
    if (value_.quoted) return wrong_type(number ? "; remove the quotes" : "");
    if (!number) return wrong_type();
    if (!in_bounds(static_cast<double>(*number))) return out_of_bounds();
    config_.*member = *number;
  }

  void operator()(double TrialConfig::*member) {
    if (!value_.is_scalar()) return wrong_type();
    const auto number = parse_number<double>(value_.text);
    if (value_.quoted) return wrong_type(number ? "; remove the quotes" : "");
    if (!number || !std::isfinite(*number)) return wrong_type();
    if (!in_bounds(*number)) return out_of_bounds();
    config_.*member = *number;
  }

  void operator()(bool TrialConfig::*member) {
    if (!value_.is_scalar()) return wrong_type();
    const bool is_known = value_.text == "true" || value_.text == "false";
    if (value_.quoted) return wrong_type(is_known ? "; remove the quotes" : "");
    if (!is_known) return wrong_type();
    config_.*member = value_.text == "true";
  }

  void operator()(DataSource TrialConfig::*member) {
    if (value_.is_scalar()) {
      if (!is_choice(value_.text)) return not_a_choice();
      config_.*member = DataSource{.name = value_.text, .json = "", .images = ""};
      return;
    }
    DataSource data;
    read_fields({{"json", &data.json}, {"images", &data.images}});
    config_.*member = data;
  }

  void operator()(ConversationTemplate TrialConfig::*member) {
    if (value_.is_scalar()) {
      if (!is_choice(value_.text)) return not_a_choice();
      config_.*member = {.name = value_.text, .system = "", .user = "", .assistant = "", .turn_end = ""};
      return;
    }
    ConversationTemplate prompt;
    read_fields({{"system", &prompt.system},
                 {"user", &prompt.user},
                 {"assistant", &prompt.assistant},
                 {"turn_end", &prompt.turn_end}});
    config_.*member = prompt;
  }

 private:
  [[nodiscard]] bool is_choice(const std::string& text) const {
    return std::find(key_.choices.begin(), key_.choices.end(), text) != key_.choices.end();
  }

  [[nodiscard]] bool in_bounds(double number) const {
    return number <= key_.maximum && (key_.above_minimum ? number > key_.minimum : number >= key_.minimum);
  }

  void wrong_type(std::string_view hint = "") {
    diagnostics_.add(value_.location, fmt::format("{} is {}; it must be {}{}", key_.name, describe(value_),
                                                  expectation(key_), hint));
  }

  void out_of_bounds() {
    diagnostics_.add(value_.location, fmt::format("{} is {}, out of bounds; it must be {}", key_.name,
                                                  value_.text, expectation(key_)));
  }

  void not_a_choice() {
    const std::string near = closest(value_.text, key_.choices);
    diagnostics_.add(
        value_.location,
        fmt::format("{} has no value '{}'; it must be {}{}", key_.name, value_.text, expectation(key_),
                    near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }

  /// A map with exactly these texts.
  void read_fields(const std::vector<std::pair<std::string, std::string*>>& fields) {
    if (!value_.is_map()) return wrong_type();
    std::vector<std::string> names;
    for (const auto& [name, target] : fields) {
      names.push_back(name);
      const YamlEntry* entry = value_.find(name);
      if (entry == nullptr) {
        diagnostics_.add(value_.location,
                         fmt::format("{} lacks '{}'; it must be {}", key_.name, name, expectation(key_)));
      } else if (const auto text = read_text(entry->value, name, diagnostics_)) {
        *target = *text;
      }
    }
    refuse_unknown_keys(value_, names, key_.name, diagnostics_);
  }

  const KeyDescription& key_;
  const YamlValue& value_;
  TrialConfig& config_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::optional<std::int64_t> read_whole_number(const YamlValue& value, std::string_view what,
                                              std::int64_t minimum, std::int64_t maximum,
                                              Diagnostics& diagnostics) {
  const auto number =
      value.is_scalar() && !value.quoted ? parse_number<std::int64_t>(value.text) : std::nullopt;
  if (number && *number >= minimum && *number <= maximum) return number;
  diagnostics.add(value.location, fmt::format("{} is {}; it must be a whole number from {} to {}", what,
                                              describe(value), minimum, maximum));
  return std::nullopt;
}

std::optional<std::string> read_text(const YamlValue& value, std::string_view what,
                                     Diagnostics& diagnostics) {
  if (value.is_scalar()) return value.text;
  diagnostics.add(value.location, fmt::format("{} is {}; it must be text", what, describe(value)));
  return std::nullopt;
}

void read_key(const KeyDescription& key, const YamlValue& value, TrialConfig& config,
              Diagnostics& diagnostics) {
  std::visit(KeyReader(key, value, config, diagnostics), key.member);
}

void refuse_unknown_keys(const YamlValue& map, const std::vector<std::string>& known, std::string_view where,
                         Diagnostics& diagnostics) {
  for (const YamlEntry& entry : map.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    diagnostics.add(entry.location,
                    fmt::format("unknown key '{}' in {}{}", entry.key, where, suggestion(entry.key, known)));
  }
}

TrialConfig load_config(const std::filesystem::path& path) {
  Diagnostics diagnostics;
  const YamlValue root = load_yaml(path, diagnostics);
  diagnostics.throw_if_any();
  if (!root.is_map()) diagnostics.add(root.location, "a configuration is a map of keys");
  refuse_unknown_keys(root, key_names(), "a configuration", diagnostics);
  TrialConfig config;
  for (const KeyDescription& key : configuration_keys()) {
    if (const YamlEntry* entry = root.find(key.name)) read_key(key, entry->value, config, diagnostics);
  }
  diagnostics.throw_if_any();
  return config;
}

}  // namespace imp::harness
