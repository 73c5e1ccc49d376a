// SPDX-License-Identifier: Apache-2.0
#include "models/config/generation_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "models/config/model_config.h"
#include "models/config/refused_keys.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kFile = "generation_config.json";

/// An object of settings, and what to call it in an error.
struct Settings {
  json object;
  std::string where;

  [[nodiscard]] bool given(std::string_view key) const {
    const auto found = object.find(key);
    return found != object.end() && !found->is_null();
  }
};

Settings read_generation_file(const fs::path& path) {
  Settings settings{json::parse(read_file(path), nullptr, false), path.string()};
  if (!settings.object.is_object()) {
    throw Error(path.string() + ": is no JSON object; transformers writes one, and it may be left out");
  }
  return settings;
}

/// Where settings stand, first those that win.
std::vector<Settings> read_all(const fs::path& model) {
  std::vector<Settings> all;
  const fs::path own = model / kFile;
  if (fs::exists(own)) all.push_back(read_generation_file(own));
  json config = read_config_json(model);
  const std::string where = config_path(model).string();
  json text = config.value("text_config", json::object());
  all.push_back({std::move(config), where});
  if (text.is_object()) all.push_back({std::move(text), where + ": text_config"});
  return all;
}

std::vector<std::int64_t> end_tokens_of(const Settings& settings) {
  if (!settings.given("eos_token_id")) return {};
  const json& value = settings.object["eos_token_id"];
  std::vector<std::int64_t> ids;
  for (const json& id : value.is_array() ? value : json::array({value})) {
    if (!id.is_number_integer() || id < 0 || id > INT32_MAX) {
      throw Error(fmt::format("{}: eos_token_id is {}; it must be a token's id or a list of ids",
                              settings.where, value.dump()));
    }
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

/// Where transformers takes everything else from: generation_config.json alone where it is there.
Settings rules_of(const std::vector<Settings>& all, const fs::path& model) {
  Settings rules = all.front();
  if (fs::exists(model / kFile)) return rules;
  for (const auto& [key, value] : all.back().object.items()) {
    if (!rules.given(key)) rules.object[key] = value;
  }
  return rules;
}

/// Rules that greedy answers do not know.
constexpr const char* kOfBeams[] = {"early_stopping", "num_beam_groups", "diversity_penalty", "constraints",
                                    "force_words_ids"};

}  // namespace

GenerationConfig read_generation_config(const fs::path& model) {
  const std::vector<Settings> all = read_all(model);
  GenerationConfig config;
  for (const Settings& settings : all) {
    config.end_tokens = end_tokens_of(settings);
    if (!config.end_tokens.empty()) break;
  }
  const Settings rules = rules_of(all, model);
  if (rules.given("length_penalty")) {
    const json& value = rules.object["length_penalty"];
    if (!value.is_number()) {
      throw Error(fmt::format("{}: length_penalty is {}; it must be a number", rules.where, value.dump()));
    }
    config.length_penalty = value.get<double>();
  }
  return config;
}

void refuse_other_rules(const fs::path& model, std::int64_t beams) {
  Settings rules = rules_of(read_all(model), model);
  if (beams == 1) {
    for (const char* key : kOfBeams) rules.object.erase(key);
  }
  refuse_keys(rules.object, rules.where, kGenerationConfig.keys);
}

void write_end_tokens(const fs::path& folder, const std::vector<std::int64_t>& ids) {
  const fs::path path = folder / kFile;
  json settings = fs::exists(path) ? read_generation_file(path).object : json::object();
  const json value = ids.size() == 1 ? json(ids.front()) : json(ids);
  if (settings.contains("eos_token_id") && settings["eos_token_id"] == value) return;
  settings["eos_token_id"] = value;
  write_file_atomically(path, settings.dump(2) + "\n");
}

}  // namespace imp::models
