// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "models/io/file.h"
#include "models/tokenizer/tokenizer_files.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string_view>;

/// Puts the definition's prefix before a text.
json template_processing(const TokenizerDefinition& definition, const Texts& tokens) {
  if (definition.prefix_ids.empty()) return nullptr;
  json single = json::array(), special = json::object();
  for (const std::int32_t id : definition.prefix_ids) {
    const std::string token(tokens[static_cast<std::size_t>(id)]);
    single.push_back({{"SpecialToken", {{"id", token}, {"type_id", 0}}}});
    special[token] = {{"id", token}, {"ids", {id}}, {"tokens", {token}}};
  }
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  json pair = single;
  pair.push_back({{"Sequence", {{"id", "B"}, {"type_id", 1}}}});
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}};
}

json bpe_model(const GgufFile& file, const Texts& tokens) {
  json vocabulary = json::object();
  for (std::size_t id = 0; id < tokens.size(); ++id) vocabulary[std::string(tokens[id])] = id;
  return {{"type", "BPE"},          {"dropout", nullptr},
          {"unk_token", nullptr},   {"continuing_subword_prefix", nullptr},
          {"fuse_unk", false},      {"end_of_word_suffix", nullptr},
          {"byte_fallback", false}, {"ignore_merges", false},
          {"vocab", vocabulary},    {"merges", file.need<Texts>("tokenizer.ggml.merges")}};
}

json tokenizer_json(const GgufFile& file, const TokenizerDefinition& definition, const Texts& tokens) {
  json added = json::array();
  for (const AddedToken& token : definition.added_tokens) added.push_back(added_token_json(token));
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", gguf_pre_tokenizer(file)},
          {"post_processor", template_processing(definition, tokens)},
          {"decoder",
           {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}},
          {"model", bpe_model(file, tokens)}};
}

json tokenizer_config(const TokenizerDefinition& definition, const Texts& tokens) {
  json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
  const auto name = [&](const char* key, const std::optional<std::int32_t>& id) {
    if (id) config[key] = tokens[static_cast<std::size_t>(*id)];
  };
  name("bos_token", definition.bos);
  name("eos_token", definition.eos);
  name("pad_token", definition.pad);
  return config;
}

}  // namespace

json added_token_json(const AddedToken& token) {
  return {{"id", token.id},
          {"content", token.content},
          {"single_word", token.single_word},
          {"lstrip", token.left_strip},
          {"rstrip", token.right_strip},
          {"normalized", token.normalized},
          {"special", token.special}};
}

void write_gguf_tokenizer(const GgufFile& file, const std::filesystem::path& folder) {
  const TokenizerDefinition definition = read_gguf_tokenizer(file);  // checks every key that is read here
  const Texts tokens = file.need<Texts>("tokenizer.ggml.tokens");
  write_file_atomically(folder / "tokenizer.json", tokenizer_json(file, definition, tokens).dump(1) + "\n");
  write_file_atomically(folder / "tokenizer_config.json",
                        tokenizer_config(definition, tokens).dump(2) + "\n");
}

}  // namespace imp::models
