// SPDX-License-Identifier: Apache-2.0
#include "models/lora/adapter_config.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/lora/adapter_settings.h"

namespace imp::models {
namespace {

using json = nlohmann::ordered_json;  // the first pattern that matches counts, in the file's order

bool is_off(const json& value) {
  return value.is_null() || value == false || (value.is_structured() && value.empty()) || value == "";
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

/// Reads values out of the file, and keeps what is wrong with them, a line each.
class AdapterConfig::Reader {
 public:
  Reader(const json& config, std::string where) : config_(config), where_(std::move(where)) {}

  void refuse(const std::string& what) {
    problems_ += (problems_.empty() ? "" : "\n") + fmt::format("{}: {}", where_, what);
  }

  void throw_if_refused() const {
    if (!problems_.empty()) throw Error::of_lines(problems_);
  }

  /// nullptr where the key is absent or null, which is a default.
  [[nodiscard]] const json* find(const char* key) const {
    const auto found = config_.find(key);
    return found == config_.end() || found->is_null() ? nullptr : &*found;
  }

  void check_keys() {
    for (const auto& [key, value] : config_.items()) {
      const AdapterSetting* setting = find_adapter_setting(key);
      if (setting == nullptr) {
        if (!is_off(value)) {
          refuse(
              fmt::format("{} is {}, a key that imp does not know; take it out if the layers' outputs do "
                          "not depend on it",
                          key, value.dump()));
        }
      } else if (setting->effect == SettingEffect::only_default && !is_off(value) &&
                 value != json::parse(setting->default_value)) {
        refuse(fmt::format("{} is not supported ({}); found {}, {} is read", key, setting->meaning,
                           value.dump(), setting->default_value));
      }
    }
  }

  double number(const char* key, double otherwise) {
    const json* value = find(key);
    if (value == nullptr) return otherwise;
    if (value->is_number()) return value->get<double>();
    refuse(fmt::format("{} is {}; a number is needed", key, value->dump()));
    return otherwise;
  }

  bool flag(const char* key) {
    const json* value = find(key);
    if (value == nullptr) return false;
    if (value->is_boolean()) return value->get<bool>();
    refuse(fmt::format("{} is {}; true or false is needed", key, value->dump()));
    return false;
  }

  int64_t rank() {
    constexpr int64_t kDefault = 8;
    const auto value = config_.find("r");
    if (value == config_.end()) return kDefault;
    if (value->is_number_integer() && *value > 0) return value->get<int64_t>();
    refuse(fmt::format("r is {}; the rank, a whole number above 0, is needed", value->dump()));
    return kDefault;
  }

  std::vector<Pattern> patterns(const char* key, bool whole) {
    std::vector<Pattern> patterns;
    const json* entries = find(key);
    if (entries == nullptr) return patterns;
    if (!entries->is_object()) {
      refuse(fmt::format("{} is {}; an object of module path to number is needed", key, entries->dump()));
      return patterns;
    }
    for (const auto& [path, value] : entries->items()) {
      if (whole ? value.is_number_integer() && value > 0 : value.is_number()) {
        if (const auto expression = pattern_regex(path, key))
          patterns.push_back({*expression, value.get<double>()});
      } else {
        refuse(fmt::format("{}['{}'] is {}; a {} is needed", key, path, value.dump(),
                           whole ? "whole number above 0" : "number"));
      }
    }
    return patterns;
  }

  /// A name, or a list of names.
  std::vector<std::string> names(const char* key) {
    std::vector<std::string> names;
    const json* value = find(key);
    if (value == nullptr) return names;
    for (const json& name : value->is_array() ? *value : json::array({*value})) {
      if (name.is_string()) {
        names.push_back(name.get<std::string>());
      } else {
        refuse(fmt::format("{} has {}; names of modules are needed", key, name.dump()));
      }
    }
    return names;
  }

  /// A list of the input embedding's rows, or an object of module name to rows.
  std::map<std::string, std::vector<int64_t>> token_indices(const char* key) {
    std::map<std::string, std::vector<int64_t>> indices;
    const json* value = find(key);
    if (value == nullptr) return indices;
    const json by_module = value->is_array() ? json{{"embed_tokens", *value}} : *value;
    for (const auto& [module, rows] : by_module.items()) {
      bool whole = by_module.is_object() && rows.is_array();
      for (const json& row : rows) whole = whole && row.is_number_integer() && row >= 0;
      if (!whole) {
        refuse(fmt::format("{} is {}; a list of token ids is needed, or one a module", key, value->dump()));
        return {};
      }
      indices[module] = rows.get<std::vector<int64_t>>();
    }
    return indices;
  }

  void check_kind() {
    const json* kind = find("peft_type");
    if (kind != nullptr && *kind != "LORA")
      refuse(fmt::format("peft_type {} is not supported; imp reads LORA", kind->dump()));
    const json* bias = find("bias");
    if (bias != nullptr && *bias != "none" && *bias != "all" && *bias != "lora_only")
      refuse(fmt::format("bias must be 'none', 'all' or 'lora_only', found {}", bias->dump()));
  }

  /// LoftQ, CorDA and LoRA-GA take their start out of what the directory does not hold.
  BaseChange base_change() {
    const json* start = find("init_lora_weights");
    if (start == nullptr || start->is_boolean()) return BaseChange::none;
    const std::string kind = start->is_string() ? lower(start->get<std::string>()) : start->dump();
    if (kind == "pissa") return BaseChange::pissa;
    if (kind == "olora") return BaseChange::olora;
    for (const char* unchanged : {"gaussian", "eva", "orthogonal", "mica"})
      if (kind == unchanged) return BaseChange::none;
    refuse(
        fmt::format("init_lora_weights {} is not supported, since its change of the base weights cannot be "
                    "repeated; convert the adapter with PEFT's "
                    "save_pretrained(path_initial_model_for_weight_conversion=...)",
                    start->dump()));
    return BaseChange::none;
  }

 private:
  std::optional<std::regex> pattern_regex(const std::string& path, const char* key) {
    try {
      return std::regex("(.*\\.)?(" + path + ")");
    } catch (const std::regex_error& error) {
      refuse(fmt::format("{}: '{}' is no regular expression: {}", key, path, error.what()));
      return std::nullopt;
    }
  }

  const json& config_;
  std::string where_, problems_;
};

AdapterConfig::AdapterConfig(const std::filesystem::path& file) {
  const json config = json::parse(read_file(file), nullptr, false);
  if (!config.is_object()) throw Error(file.string() + ": is no JSON object");
  Reader read(config, file.string());
  read.check_kind();
  read.throw_if_refused();  // the keys of another kind are of no use
  read.check_keys();
  rank_ = read.rank();
  alpha_ = read.number("lora_alpha", 8.0);
  dropout_ = read.number("lora_dropout", 0.0);
  rank_stabilised_ = read.flag("use_rslora");
  use_dora_ = read.flag("use_dora");
  lora_bias_ = read.flag("lora_bias");
  ensure_weight_tying_ = read.flag("ensure_weight_tying");
  rank_pattern_ = read.patterns("rank_pattern", true);
  alpha_pattern_ = read.patterns("alpha_pattern", false);
  modules_to_save_ = read.names("modules_to_save");
  token_indices_ = read.token_indices("trainable_token_indices");
  base_change_ = read.base_change();
  read.throw_if_refused();
}

AdapterConfig::Layer AdapterConfig::layer(const std::string& path) const {
  const auto value = [&](const std::vector<Pattern>& patterns, double otherwise) {
    for (const Pattern& pattern : patterns) {
      if (std::regex_match(path, pattern.path)) return pattern.value;
    }
    return otherwise;
  };
  const double rank = value(rank_pattern_, static_cast<double>(rank_)), alpha = value(alpha_pattern_, alpha_);
  return {static_cast<int64_t>(rank), alpha / (rank_stabilised_ ? std::sqrt(rank) : rank)};
}

double AdapterConfig::plain_alpha() const {
  return rank_stabilised_ ? alpha_ * std::sqrt(static_cast<double>(rank_)) : alpha_;
}

}  // namespace imp::models
