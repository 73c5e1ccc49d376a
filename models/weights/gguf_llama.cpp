// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/weights/gguf.h"

namespace imp::models {
namespace {

using nlohmann::json;
using Names = std::pair<std::string_view, std::string_view>;  // Hugging Face, llama.cpp

constexpr std::array<Names, 3> kOutside{{{"model.embed_tokens.weight", "token_embd.weight"},
                                         {"model.norm.weight", "output_norm.weight"},
                                         {"lm_head.weight", "output.weight"}}};
constexpr std::array<Names, 9> kInABlock{{{"self_attn.q_proj.weight", "attn_q.weight"},
                                          {"self_attn.k_proj.weight", "attn_k.weight"},
                                          {"self_attn.v_proj.weight", "attn_v.weight"},
                                          {"self_attn.o_proj.weight", "attn_output.weight"},
                                          {"mlp.gate_proj.weight", "ffn_gate.weight"},
                                          {"mlp.up_proj.weight", "ffn_up.weight"},
                                          {"mlp.down_proj.weight", "ffn_down.weight"},
                                          {"input_layernorm.weight", "attn_norm.weight"},
                                          {"post_attention_layernorm.weight", "ffn_norm.weight"}}};

/// "<prefix><digits>.<rest>" -> digits and rest.
std::optional<std::pair<std::string_view, std::string_view>> block_part(std::string_view name,
                                                                        std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const std::size_t dot = name.find('.');
  if (dot == 0 || dot == std::string_view::npos ||
      name.substr(0, dot).find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::pair(name.substr(0, dot), name.substr(dot + 1));
}

/// A tensor left over would mean a model of another kind, computed wrongly without a word.
void refuse_unknown_tensors(const GgufFile& file) {
  const auto known = [](std::string_view name) {
    for (const Names& names : kOutside) {
      if (name == names.second) return true;
    }
    const auto part = block_part(name, "blk.");
    for (const Names& names : kInABlock) {
      if (part && part->second == names.second) return true;
    }
    return false;
  };
  for (const auto& [name, tensor] : file.tensors()) {
    if (!known(name)) {
      throw Error(
          fmt::format("{}: tensor '{}' is not of the LLaMA that imp has (no biases, no experts, no "
                      "scaled rotary embedding)",
                      file.path().string(), name));
    }
  }
}

void check_rotary(const GgufFile& file, std::int64_t head_dim) {
  const std::string where = file.path().string();
  const auto scaling = file.get<std::string_view>("llama.rope.scaling.type").value_or("none");
  if (scaling != "none") {
    throw Error(fmt::format("{}: llama.rope.scaling.type is '{}'; only an unscaled rotary embedding is read",
                            where, scaling));
  }
  const std::int64_t turned = file.get<std::int64_t>("llama.rope.dimension_count").value_or(head_dim);
  if (turned != head_dim) {
    throw Error(
        fmt::format("{}: llama.rope.dimension_count is {} of a head's {} channels; all must be turned", where,
                    turned, head_dim));
  }
}

/// llama.cpp ends an answer at the end of the text, of a turn and of a message (llama-vocab.cpp:
/// special_eog_ids).
json end_tokens(const GgufFile& file) {
  json ends = json::array();
  for (const char* key :
       {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    const auto id = file.get<std::int64_t>(key);
    if (id && std::find(ends.begin(), ends.end(), *id) == ends.end()) ends.push_back(*id);
  }
  return ends;
}

}  // namespace

json gguf_config(const GgufFile& file) {
  const std::string where = file.path().string();
  const auto architecture = file.need<std::string_view>("general.architecture");
  if (architecture != "llama") {
    throw Error(fmt::format("{}: general.architecture is '{}'; llama is read", where, architecture));
  }
  const auto size = [&](const char* key) { return file.need<std::int64_t>(key); };
  const std::int64_t hidden = size("llama.embedding_length"), heads = size("llama.attention.head_count");
  if (hidden <= 0 || heads <= 0) {
    throw Error(fmt::format(
        "{}: llama.embedding_length is {} and llama.attention.head_count {}; both must be above 0", where,
        hidden, heads));
  }
  const std::int64_t head_dim = file.get<std::int64_t>("llama.attention.key_length").value_or(hidden / heads);
  check_rotary(file, head_dim);
  refuse_unknown_tensors(file);
  json config = {
      {"model_type", "llama"},
      {"hidden_size", hidden},
      {"num_attention_heads", heads},
      {"head_dim", head_dim},
      {"num_key_value_heads", file.get<std::int64_t>("llama.attention.head_count_kv").value_or(heads)},
      {"num_hidden_layers", size("llama.block_count")},
      {"intermediate_size", size("llama.feed_forward_length")},
      {"max_position_embeddings", size("llama.context_length")},
      {"rms_norm_eps", file.need<double>("llama.attention.layer_norm_rms_epsilon")},
      {"rope_theta", file.get<double>("llama.rope.freq_base").value_or(10000.0)},
      {"hidden_act", "silu"},
      {"tie_word_embeddings", file.find("output.weight") == nullptr},
  };
  const auto rows = file.get<std::int64_t>("llama.vocab_size");
  config["vocab_size"] = rows ? *rows
                              : static_cast<std::int64_t>(
                                    file.need<std::vector<std::string_view>>("tokenizer.ggml.tokens").size());
  for (const auto& [key, name] : {Names{"bos_token_id", "tokenizer.ggml.bos_token_id"},
                                  Names{"pad_token_id", "tokenizer.ggml.padding_token_id"}}) {
    const auto id = file.get<std::int64_t>(name);
    config[std::string(key)] = id ? json(*id) : json(nullptr);
  }
  if (json ends = end_tokens(file); !ends.empty()) {
    config["eos_token_id"] = ends.size() == 1 ? ends.front() : std::move(ends);
  }
  return config;
}

std::string gguf_name(std::string_view name) {
  for (const Names& names : kOutside) {
    if (name == names.first) return std::string(names.second);
  }
  const auto part = block_part(name, "model.layers.");
  for (const Names& names : kInABlock) {
    if (part && part->second == names.first) return fmt::format("blk.{}.{}", part->first, names.second);
  }
  return {};
}

}  // namespace imp::models
