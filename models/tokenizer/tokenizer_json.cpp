// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/tokenizer/tokenizer_files.h"

namespace imp::models {
namespace {

using nlohmann::json;

/// Ids index tables, so a file may not make us allocate by its word alone.
constexpr std::int64_t kLargestId = 1 << 24;

std::int32_t id_of(const json& value, const std::string& token) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > kLargestId) {
    throw Error(fmt::format("the id of '{}' must be a whole number from 0 to {}, found {}", token, kLargestId,
                            value.dump()));
  }
  return value.get<std::int32_t>();
}

/// What the library says, without its own number for it.
std::string reason_of(const json::exception& error) {
  const std::string text = error.what();
  return text.starts_with('[') ? text.substr(std::min(text.find(']') + 2, text.size())) : text;
}

/// "left right" or ["left", "right"].
std::pair<std::string, std::string> merge_of(const json& value) {
  if (value.is_array() && value.size() == 2)
    return {value[0].get<std::string>(), value[1].get<std::string>()};
  const std::string text = value.get<std::string>();
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) throw Error(fmt::format("model.merges: '{}' is not two tokens", text));
  return {text.substr(0, space), text.substr(space + 1)};
}

void refuse_affix(const json& model, const char* key) {
  if (model.contains(key) && !model[key].is_null() && model[key] != "") {
    throw Error(fmt::format("model.{}: {} is not known; null is", key, model[key].dump()));
  }
}

BpeDefinition read_model(const json& model) {
  const std::string type = model.value("type", "BPE");
  if (type != "BPE") throw Error(fmt::format("model.type: unknown type '{}'; BPE is known", type));
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) refuse_affix(model, key);
  BpeDefinition definition;
  for (const auto& [token, id] : model.at("vocab").items())
    definition.vocabulary.emplace(token, id_of(id, token));
  const auto find = [&](const std::string& token) {
    const auto found = definition.vocabulary.find(token);
    if (found == definition.vocabulary.end())
      throw Error(fmt::format("model.merges: '{}' is not in model.vocab", token));
    return found->second;
  };
  std::int32_t rank = 0;
  for (const json& value : model.at("merges")) {
    const auto [left, right] = merge_of(value);
    definition.merges.push_back({find(left), find(right), find(left + right), rank++});
  }
  if (model.contains("unk_token") && !model["unk_token"].is_null()) {
    definition.unknown = find(model["unk_token"].get<std::string>());
  }
  definition.byte_fallback = model.value("byte_fallback", false);
  definition.fuse_unknown = model.value("fuse_unk", false);
  definition.ignore_merges = model.value("ignore_merges", false);
  return definition;
}

std::vector<AddedToken> read_added_tokens(const json& root) {
  std::vector<AddedToken> tokens;
  if (!root.contains("added_tokens") || root["added_tokens"].is_null()) return tokens;
  for (const json& value : root["added_tokens"]) {
    AddedToken token;
    token.content = value.at("content").get<std::string>();
    token.id = id_of(value.at("id"), token.content);
    token.special = value.value("special", false);
    token.single_word = value.value("single_word", false);
    token.left_strip = value.value("lstrip", false);
    token.right_strip = value.value("rstrip", false);
    token.normalized = value.value("normalized", !token.special);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

/// Ids that the post-processor puts before a single text. What it would put behind one ends up in the middle
/// of prompts, which no row of ours has.
void read_prefix(const json& processor, std::vector<std::int32_t>& ids) {
  if (processor.is_null()) return;
  const std::string type = processor.at("type").get<std::string>();
  if (type == "Sequence") {
    for (const json& part : processor.at("processors")) read_prefix(part, ids);
  } else if (type == "TemplateProcessing") {
    bool behind = false;
    for (const json& item : processor.at("single")) {
      if (item.contains("Sequence")) {
        behind = true;
        continue;
      }
      const std::string name = item.at("SpecialToken").at("id").get<std::string>();
      if (behind) {
        throw Error(
            fmt::format("post_processor: puts '{}' behind every text, prompts too; leave it out of "
                        "`single`, for rows end their answers by themselves",
                        name));
      }
      for (const json& id : processor.at("special_tokens").at(name).at("ids")) ids.push_back(id_of(id, name));
    }
  } else if (type != "ByteLevel") {
    throw Error(fmt::format(
        "post_processor: unknown type '{}'; Sequence, TemplateProcessing and ByteLevel are known", type));
  }
}

}  // namespace

json read_json_file(const std::filesystem::path& path) {
  try {
    return json::parse(read_file(path));
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: is not JSON: {}", path.string(), reason_of(error)));
  }
}

TokenizerDefinition read_tokenizer_json(const std::filesystem::path& path,
                                        std::optional<bool> add_prefix_space) {
  json root = read_json_file(path);
  const json nothing;
  const auto part = [&](const char* key) -> const json& { return root.contains(key) ? root[key] : nothing; };
  try {
    if (!root.is_object() || !root.contains("model"))
      throw Error("'model' is missing; is this a tokenizer.json?");
    const json* lone = root.contains("pre_tokenizer") ? &root["pre_tokenizer"] : nullptr;
    if (add_prefix_space && lone != nullptr && lone->is_object() && lone->value("type", "") == "ByteLevel")
      root["pre_tokenizer"]["add_prefix_space"] = *add_prefix_space;
    TokenizerDefinition definition;
    definition.model = read_model(root["model"]);
    definition.normalizer = Normalizer::from_json(part("normalizer"));
    definition.pre_tokenizer = PreTokenizer::from_json(part("pre_tokenizer"));
    definition.model.byte_level = definition.pre_tokenizer.byte_level();
    definition.decoder = Decoder::from_json(part("decoder"));
    definition.added_tokens = read_added_tokens(root);
    read_prefix(part("post_processor"), definition.prefix_ids);
    return definition;
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()), error.kind());
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: a value is missing or of another type than tokenizer.json has: {}",
                            path.string(), reason_of(error)));
  }
}

}  // namespace imp::models
