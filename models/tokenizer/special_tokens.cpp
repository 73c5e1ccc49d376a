// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/tokenizer/tokenizer_files.h"
#include "models/tokenizer/tokenizer_settings.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// The order in which transformers adds named tokens that are not there yet.
constexpr const char* kRoles[] = {"bos", "eos", "unk", "sep", "pad", "cls", "mask"};

/// Puts the settings' tokens into a definition.
class SpecialTokens {
 public:
  SpecialTokens(const fs::path& directory, const TokenizerSettings& settings, TokenizerDefinition& definition)
      : directory_(directory), settings_(settings), definition_(definition) {
    for (const auto& [token, id] : definition_.model.vocabulary) next_ = std::max(next_, id + 1);
    for (const AddedToken& token : definition_.added_tokens) next_ = std::max(next_, token.id + 1);
  }

  /// `own_flags`: the file with the vocabulary says nothing about added tokens, so the settings' flags count.
  void add(bool own_flags) {
    for (const AddedToken& token : settings_.added) add_listed(token, own_flags);
    for (const char* role : kRoles) {
      const auto found = settings_.roles.find(role);
      if (found != settings_.roles.end()) add_named(found->second);
    }
    for (const AddedToken& token : settings_.further_special) add_named(token);
  }

  /// The token of a role: by the files, by the class where that token is there, by config.json's id.
  [[nodiscard]] std::optional<std::int32_t> resolve(const std::string& role) const {
    const auto named = settings_.roles.find(role);
    if (named != settings_.roles.end()) return find(named->second.content);
    const auto usual = settings_.default_roles.find(role);
    if (usual != settings_.default_roles.end()) {
      if (const auto id = find(usual->second)) return id;
    }
    return id_in_config(role + "_token_id");
  }

 private:
  [[nodiscard]] AddedToken* find_added(const std::string& content) const {
    for (AddedToken& token : definition_.added_tokens) {
      if (token.content == content) return &token;
    }
    return nullptr;
  }

  [[nodiscard]] std::optional<std::int32_t> find(const std::string& content) const {
    if (const AddedToken* added = find_added(content)) return added->id;
    const auto found = definition_.model.vocabulary.find(content);
    if (found == definition_.model.vocabulary.end()) return std::nullopt;
    return found->second;
  }

  void add_listed(AddedToken token, bool own_flags) {
    if (AddedToken* there = find_added(token.content)) {
      if (own_flags) {
        token.id = there->id;
        *there = std::move(token);
      }
      return;
    }
    const std::int32_t id = find(token.content).value_or(next_);
    if (token.id != id) {
      throw Error(
          fmt::format("{}: the added token '{}' has the id {}, and its place in the vocabulary is {}; is a "
                      "file of another "
                      "tokenizer's?",
                      directory_.string(), token.content, token.id, id));
    }
    next_ = std::max(next_, id + 1);
    definition_.added_tokens.push_back(std::move(token));
  }

  void add_named(AddedToken token) {
    if (token.content.empty() || find_added(token.content) != nullptr) return;
    token.id = find(token.content).value_or(next_);
    next_ = std::max(next_, token.id + 1);
    definition_.added_tokens.push_back(std::move(token));
  }

  [[nodiscard]] std::optional<std::int32_t> id_in_config(const std::string& key) const {
    const fs::path path = directory_ / "config.json";
    if (!fs::exists(path)) return std::nullopt;
    const json model = read_json_file(path);
    const auto number = [&](const json& object) -> std::optional<std::int32_t> {
      if (!object.is_object() || !object.contains(key)) return std::nullopt;
      const json& value = object[key].is_array() && !object[key].empty() ? object[key][0] : object[key];
      if (!value.is_number_integer() || value < 0 || value > INT32_MAX) return std::nullopt;
      return value.get<std::int32_t>();
    };
    const json text = model.is_object() ? model.value("text_config", json()) : json();
    const auto id = number(text);
    return id ? id : number(model);
  }

  const fs::path& directory_;
  const TokenizerSettings& settings_;
  TokenizerDefinition& definition_;
  std::int32_t next_ = 0;
};

/// transformers 5's rule for LLaMA's class.
SpaceRule space_rule(const TokenizerSettings& settings) {
  if (!settings.add_prefix_space) return SpaceRule::never;
  return settings.legacy ? SpaceRule::always : SpaceRule::first;
}

TokenizerDefinition read_vocabulary(const fs::path& directory, const TokenizerSettings& settings,
                                    bool has_json) {
  if (has_json) {
    const bool decides = settings.kind == TokenizerSettings::Kind::gpt2;
    return read_tokenizer_json(directory / "tokenizer.json",
                               decides ? std::optional(settings.add_prefix_space) : std::nullopt);
  }
  if (!fs::exists(directory / "tokenizer.model")) {
    throw Error(directory.string() + ": has neither tokenizer.json nor tokenizer.model nor a .gguf file");
  }
  return read_sentencepiece_model(directory / "tokenizer.model", space_rule(settings));
}

}  // namespace

std::unique_ptr<Tokenizer> Tokenizer::load(const fs::path& directory) {
  const bool has_json = fs::exists(directory / "tokenizer.json");
  if (!has_json && !fs::exists(directory / "tokenizer.model")) {
    if (const auto gguf = find_gguf(directory))
      return std::make_unique<Tokenizer>(read_gguf_tokenizer(GgufFile(*gguf)));
  }
  const TokenizerSettings settings = read_tokenizer_settings(directory);
  TokenizerDefinition definition = read_vocabulary(directory, settings, has_json);
  SpecialTokens special(directory, settings, definition);
  special.add(!has_json);
  definition.bos = special.resolve("bos");
  definition.eos = special.resolve("eos");
  definition.pad = special.resolve("pad");
  definition.split_special_tokens = settings.split_special_tokens;
  // What stands before a text tokenizer.json says by itself; beside tokenizer.model the class does.
  if (!has_json && settings.add_bos_token) {
    definition.prefix_ids.clear();
    if (*settings.add_bos_token && definition.bos) definition.prefix_ids.push_back(*definition.bos);
  }
  return std::make_unique<Tokenizer>(std::move(definition));
}

}  // namespace imp::models
