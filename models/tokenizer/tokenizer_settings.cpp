// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/tokenizer_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/config/refused_keys.h"
#include "models/io/error.h"
#include "models/tokenizer/tokenizer_files.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Kind = TokenizerSettings::Kind;

constexpr const char* kRoles[] = {"bos", "eos", "unk", "sep", "pad", "cls", "mask"};

json read_if_there(const fs::path& path) {
  if (!fs::exists(path)) return json::object();
  json value = read_json_file(path);
  if (!value.is_object()) throw Error(path.string() + ": must be a JSON object");
  return value;
}

/// One of the files, with what goes wrong in it.
class File {
 public:
  explicit File(const fs::path& path) : path_(path.string()), object_(read_if_there(path)) {}

  [[nodiscard]] const json& object() const { return object_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool given(const std::string& key) const {
    return object_.contains(key) && !object_[key].is_null();
  }

  /// Nothing where the key is absent or null.
  [[nodiscard]] std::optional<bool> flag(const json& object, const char* key) const {
    if (!object.contains(key) || object[key].is_null()) return std::nullopt;
    if (object[key].is_boolean()) return object[key].get<bool>();
    wrong(key, object[key], "true or false");
  }

  /// A token is written as its text or as an object of its text and flags.
  [[nodiscard]] AddedToken token(const std::string& key, const json& value, bool special) const {
    AddedToken token;
    token.special = special;
    if (value.is_string()) {
      token.content = value.get<std::string>();
      return token;
    }
    if (!value.is_object() || !value.contains("content") || !value["content"].is_string())
      wrong(key, value, "a token's text, or an object with its 'content'");
    token.content = value["content"].get<std::string>();
    token.special = special || flag(value, "special").value_or(false);
    token.single_word = flag(value, "single_word").value_or(false);
    token.left_strip = flag(value, "lstrip").value_or(false);
    token.right_strip = flag(value, "rstrip").value_or(false);
    token.normalized = flag(value, "normalized").value_or(!token.special);
    return token;
  }

  [[nodiscard]] std::int32_t id(const std::string& key, const json& value) const {
    constexpr std::int64_t kLargest = 1 << 24;  // ids index tables
    if (!value.is_number_integer() || value < 0 || value > kLargest)
      wrong(key, value, fmt::format("an id from 0 to {}", kLargest));
    return value.get<std::int32_t>();
  }

  [[noreturn]] void wrong(std::string_view key, const json& found, std::string_view wanted) const {
    throw Error(fmt::format("{}: '{}' must be {}, found {}", path_, key, wanted, found.dump()));
  }

 private:
  std::string path_;
  json object_;
};

Kind kind_of(const File& config, const fs::path& directory) {
  if (config.given("tokenizer_class")) {
    const json& name = config.object()["tokenizer_class"];
    if (name == "LlamaTokenizer" || name == "LlamaTokenizerFast") return Kind::llama;
    for (const char* same : {"CodeGenTokenizer", "GPT2Tokenizer"}) {
      if (name == same || name == std::string(same) + "Fast") return Kind::gpt2;
    }
    return Kind::plain;
  }
  const json model = read_if_there(directory / "config.json");
  if (model.contains("model_type") && model["model_type"] == "phi") return Kind::gpt2;
  return fs::exists(directory / "tokenizer.json") ? Kind::plain : Kind::llama;
}

void read_flags(const File& config, TokenizerSettings& settings) {
  if (config.object().contains("add_bos_token"))
    settings.add_bos_token = config.flag(config.object(), "add_bos_token").value_or(false);
  settings.add_prefix_space =
      config.flag(config.object(), "add_prefix_space").value_or(settings.kind == Kind::llama);
  settings.legacy = config.flag(config.object(), "legacy").value_or(false);
  settings.split_special_tokens = config.flag(config.object(), "split_special_tokens").value_or(false);
}

void read_roles(const File& file, TokenizerSettings& settings) {
  for (const char* role : kRoles) {
    const std::string key = std::string(role) + "_token";
    if (file.given(key)) settings.roles[role] = file.token(key, file.object()[key], true);
  }
}

/// A list, or in transformers 4.5x an object of role and token.
void read_further(const File& file, TokenizerSettings& settings) {
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    if (!file.given(key)) continue;
    const json& tokens = file.object()[key];
    if (!tokens.is_array() && !tokens.is_object()) file.wrong(key, tokens, "a list of tokens");
    for (const json& value : tokens) settings.further_special.push_back(file.token(key, value, true));
  }
}

bool is_named(const TokenizerSettings& settings, const std::string& content) {
  const auto same = [&](const AddedToken& token) { return token.content == content; };
  return std::any_of(settings.roles.begin(), settings.roles.end(),
                     [&](const auto& entry) { return same(entry.second); }) ||
         std::any_of(settings.further_special.begin(), settings.further_special.end(), same);
}

void read_decoder(const File& config, TokenizerSettings& settings) {
  const char* key = "added_tokens_decoder";
  const json& tokens = config.object()[key];
  if (!tokens.is_object()) config.wrong(key, tokens, "an object of ids and tokens");
  for (const auto& [id, value] : tokens.items()) {
    AddedToken token = config.token(key, value, false);
    const json number = json::parse(id, nullptr, false);
    token.id = config.id(key, number.is_discarded() ? json(id) : number);
    settings.added.push_back(std::move(token));
  }
}

/// Before transformers 4.34 the added tokens had a file of their own, which says nothing about them but ids.
void read_old_added(const fs::path& path, TokenizerSettings& settings) {
  const File file(path);
  for (const auto& [content, id] : file.object().items()) {
    AddedToken token;
    token.id = file.id(content, id);
    token.content = content;
    token.special = is_named(settings, content);
    token.normalized = !token.special;
    settings.added.push_back(std::move(token));
  }
}

}  // namespace

TokenizerSettings read_tokenizer_settings(const fs::path& directory) {
  const File config(directory / "tokenizer_config.json");
  TokenizerSettings settings;
  settings.kind = kind_of(config, directory);
  json checked = config.object();
  // Only LLaMA's class acts on it.
  if (settings.kind != Kind::llama) checked.erase("add_eos_token");
  refuse_keys(checked, config.path(), kTokenizerConfig.keys);
  read_flags(config, settings);
  if (settings.kind == Kind::llama)
    settings.default_roles = {{"bos", "<s>"}, {"eos", "</s>"}, {"unk", "<unk>"}};
  if (settings.kind == Kind::gpt2)
    for (const char* role : {"bos", "eos", "unk"}) settings.default_roles[role] = "<|endoftext|>";
  read_roles(config, settings);
  read_further(config, settings);
  if (config.given("added_tokens_decoder")) {
    read_decoder(config, settings);
  } else {
    // The older files count where the newer key is absent, and then before the rest of the newer file.
    const File map(directory / "special_tokens_map.json");
    read_roles(map, settings);
    if (map.given("additional_special_tokens")) settings.further_special.clear();
    read_further(map, settings);
    read_old_added(directory / "added_tokens.json", settings);
  }
  std::sort(settings.added.begin(), settings.added.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return settings;
}

}  // namespace imp::models
