// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/tokenizer/tokenizer_files.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_if_there(const fs::path& path) {
  if (!fs::exists(path)) return json::object();
  json value = read_json_file(path);
  if (!value.is_object()) throw Error(path.string() + ": must be a JSON object");
  return value;
}

/// A special token is written as its text or as an object with "content".
std::optional<std::string> content_of(const json& object, const std::string& key) {
  if (!object.contains(key)) return std::nullopt;
  const json& value = object[key];
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.contains("content") && value["content"].is_string())
    return value["content"].get<std::string>();
  return std::nullopt;
}

std::optional<std::int32_t> number_of(const json& object, const std::string& key) {
  if (!object.contains(key)) return std::nullopt;
  const json& value = object[key].is_array() && !object[key].empty() ? object[key][0] : object[key];
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0) return std::nullopt;
  return value.get<std::int32_t>();
}

void add_token(TokenizerDefinition& definition, AddedToken token) {
  const auto same = [&](const AddedToken& other) { return other.content == token.content; };
  if (std::none_of(definition.added_tokens.begin(), definition.added_tokens.end(), same)) {
    definition.added_tokens.push_back(std::move(token));
  }
}

std::int32_t parse_id(const std::string& text) {
  if (text.empty() || text.size() > 8 || text.find_first_not_of("0123456789") != std::string::npos) {
    throw Error(fmt::format("added_tokens_decoder: '{}' is not an id", text));
  }
  return std::stoi(text);
}

void read_added(const fs::path& directory, const json& config, TokenizerDefinition& definition) {
  if (config.contains("added_tokens_decoder")) {
    for (const auto& [id, value] : config["added_tokens_decoder"].items()) {
      const bool special = value.value("special", false);
      add_token(definition, {.id = parse_id(id),
                             .content = value.at("content").get<std::string>(),
                             .special = special,
                             .single_word = value.value("single_word", false),
                             .left_strip = value.value("lstrip", false),
                             .right_strip = value.value("rstrip", false),
                             .normalized = value.value("normalized", !special)});
    }
  }
  const json added = read_if_there(directory / "added_tokens.json");
  for (const auto& [content, id] : added.items()) {
    add_token(definition, {.id = parse_id(id.dump()), .content = content, .special = true});
  }
}

}  // namespace

SpaceRule space_rule(const fs::path& directory) {
  const fs::path path = directory / "tokenizer_config.json";
  const json config = read_if_there(path);
  const auto flag = [&](const char* key, bool otherwise) {
    if (!config.contains(key) || config[key].is_null()) return otherwise;
    if (config[key].is_boolean()) return config[key].get<bool>();
    throw Error(
        fmt::format("{}: '{}' must be true or false, found {}", path.string(), key, config[key].dump()));
  };
  if (!flag("add_prefix_space", true)) return SpaceRule::never;
  return flag("legacy", false) ? SpaceRule::always : SpaceRule::first;
}

void read_special_tokens(const fs::path& directory, TokenizerDefinition& definition) {
  const json config = read_if_there(directory / "tokenizer_config.json");
  const json map = read_if_there(directory / "special_tokens_map.json");
  const json model = read_if_there(directory / "config.json");
  const json text = model.contains("text_config") ? model["text_config"] : json::object();
  try {
    read_added(directory, config, definition);
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: {}", (directory / "tokenizer_config.json").string(), error.what()));
  }
  const auto find = [&](const std::string& token) -> std::optional<std::int32_t> {
    for (const AddedToken& added : definition.added_tokens) {
      if (added.content == token) return added.id;
    }
    const auto found = definition.model.vocabulary.find(token);
    if (found == definition.model.vocabulary.end()) return std::nullopt;
    return found->second;
  };
  const auto resolve = [&](const std::string& role) -> std::optional<std::int32_t> {
    for (const json* source : {&config, &map}) {
      if (const auto content = content_of(*source, role + "_token")) return find(*content);
    }
    const auto id = number_of(text, role + "_token_id");
    return id ? id : number_of(model, role + "_token_id");
  };
  definition.bos = resolve("bos");
  definition.eos = resolve("eos");
  definition.pad = resolve("pad");
}

std::unique_ptr<Tokenizer> Tokenizer::load(const fs::path& directory) {
  TokenizerDefinition definition;
  const bool has_files =
      fs::exists(directory / "tokenizer.json") || fs::exists(directory / "tokenizer.model");
  if (const auto gguf = has_files ? std::nullopt : find_gguf(directory)) {
    return std::make_unique<Tokenizer>(read_gguf_tokenizer(GgufFile(*gguf)));
  }
  if (fs::exists(directory / "tokenizer.json")) {
    definition = read_tokenizer_json(directory / "tokenizer.json");
  } else if (fs::exists(directory / "tokenizer.model")) {
    definition = read_sentencepiece_model(directory / "tokenizer.model", space_rule(directory));
  } else {
    throw Error(directory.string() + ": has neither tokenizer.json nor tokenizer.model nor a .gguf file");
  }
  read_special_tokens(directory, definition);
  return std::make_unique<Tokenizer>(std::move(definition));
}

}  // namespace imp::models
