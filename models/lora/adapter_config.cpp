// SPDX-License-Identifier: Apache-2.0
#include "models/lora/adapter_config.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

using json = nlohmann::ordered_json;  // the first pattern that matches counts, in the file's order

/// Settings of PEFT 0.21's LoraConfig that make something else than plain LoRA of the layers in the file.
constexpr const char* kUnsupported[] = {"use_dora",          "use_qalora",
                                        "use_bdlora",        "lora_bias",
                                        "fan_in_fan_out",    "layers_to_transform",
                                        "layer_replication", "trainable_token_indices",
                                        "target_parameters", "alora_invocation_tokens",
                                        "arrow_config",      "kasa_config",
                                        "velora_config",     "monteclora_config",
                                        "megatron_config"};

bool is_off(const json& value) {
  return value.is_null() || value == false || value.empty();
}

void refuse_other_kinds(const json& config, const std::string& where) {
  if (config.contains("peft_type") && config["peft_type"] != "LORA") {
    throw Error(
        fmt::format("{}: peft_type {} is not supported; imp reads LORA", where, config["peft_type"].dump()));
  }
  for (const char* key : kUnsupported) {
    if (config.contains(key) && !is_off(config[key])) {
      throw Error(fmt::format("{}: {} is not supported; found {}", where, key, config[key].dump()));
    }
  }
  if (config.contains("bias") && config["bias"] != "none") {
    throw Error(fmt::format("{}: bias must be 'none', found {}", where, config["bias"].dump()));
  }
  // PiSSA, OLoRA and CorDA take their start out of the base weights, which the directory does not hold.
  const json start = config.value("init_lora_weights", json(true));
  if (!start.is_boolean() && !start.is_null() && start != "gaussian" && start != "eva" &&
      start != "orthogonal") {
    throw Error(fmt::format(
        "{}: init_lora_weights {} is not supported, since it changes the base weights; convert the "
        "adapter with PEFT's save_pretrained(path_initial_model_for_weight_conversion=...)",
        where, start.dump()));
  }
}

void check_saved_modules(const json& config, const std::string& where) {
  const json modules = config.value("modules_to_save", json());
  if (is_off(modules)) return;
  for (const json& module : modules.is_array() ? modules : json::array({modules})) {
    const std::string name = module.is_string() ? module.get<std::string>() : "";
    if (name.ends_with("multi_modal_projector") || name.ends_with("linear_1") || name.ends_with("linear_2"))
      continue;
    throw Error(
        fmt::format("{}: modules_to_save has {}; only the projector (multi_modal_projector) is supported",
                    where, module.dump()));
  }
}

double number(const json& config, const char* key, double otherwise, const std::string& where) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return otherwise;
  if (!found->is_number())
    throw Error(fmt::format("{}: {} is {}; a number is needed", where, key, found->dump()));
  return found->get<double>();
}

std::regex pattern_regex(const std::string& key, const char* list, const std::string& where) {
  try {
    return std::regex("(.*\\.)?(" + key + ")");
  } catch (const std::regex_error& error) {
    throw Error(fmt::format("{}: {}: '{}' is no regular expression: {}", where, list, key, error.what()));
  }
}

}  // namespace

AdapterConfig::AdapterConfig(const std::filesystem::path& file) {
  const json config = json::parse(read_file(file), nullptr, false);
  const std::string where = file.string();
  if (!config.is_object()) throw Error(where + ": is no JSON object");
  refuse_other_kinds(config, where);
  check_saved_modules(config, where);
  if (!config.contains("r") || !config["r"].is_number_integer() || config["r"] <= 0) {
    throw Error(where + ": has no rank 'r'; a whole number above 0 is needed");
  }
  rank_ = config["r"].get<int64_t>();
  alpha_ = number(config, "lora_alpha", static_cast<double>(rank_), where);
  dropout_ = number(config, "lora_dropout", 0.0, where);
  const json rslora = config.value("use_rslora", json(false));
  if (!rslora.is_boolean() && !rslora.is_null()) {
    throw Error(fmt::format("{}: use_rslora is {}; true or false is needed", where, rslora.dump()));
  }
  rank_stabilised_ = rslora == true;
  const auto read_patterns = [&](const char* key, bool whole) {
    std::vector<Pattern> patterns;
    const json entries = config.value(key, json());
    if (!entries.is_null() && !entries.is_object()) {
      throw Error(fmt::format("{}: {} is {}; an object of module path to number is needed", where, key,
                              entries.dump()));
    }
    for (const auto& [path, value] : entries.items()) {
      const bool fits = whole ? value.is_number_integer() && value > 0 : value.is_number();
      if (!fits) {
        throw Error(fmt::format("{}: {}['{}'] is {}; a {} is needed", where, key, path, value.dump(),
                                whole ? "whole number above 0" : "number"));
      }
      patterns.push_back({pattern_regex(path, key, where), value.get<double>()});
    }
    return patterns;
  };
  rank_pattern_ = read_patterns("rank_pattern", true);
  alpha_pattern_ = read_patterns("alpha_pattern", false);
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
