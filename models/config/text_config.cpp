// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/config/config_section.h"
#include "models/config/model_config.h"
#include "models/config/model_kind.h"
#include "models/config/rope_config.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

using nlohmann::json;

void parse_heads(const ConfigSection& section, TextConfig& text) {
  text.num_attention_heads = section.positive("num_attention_heads");
  text.num_key_value_heads = section.find<int64_t>("num_key_value_heads").value_or(text.num_attention_heads);
  if (text.hidden_size % text.num_attention_heads != 0) {
    throw Error(fmt::format("{}: hidden_size {} is not a multiple of num_attention_heads {}", section.where(),
                            text.hidden_size, text.num_attention_heads));
  }
  if (text.num_key_value_heads <= 0 || text.num_attention_heads % text.num_key_value_heads != 0) {
    throw Error(fmt::format("{}: num_key_value_heads {} does not divide num_attention_heads {}",
                            section.where(), text.num_key_value_heads, text.num_attention_heads));
  }
  const int64_t usual = text.hidden_size / text.num_attention_heads;
  text.head_dim = section.given("head_dim") ? section.positive("head_dim") : usual;
  if (text.qk_layernorm && text.head_dim != usual) {
    throw Error(
        fmt::format("{}: qk_layernorm is over hidden_size / num_attention_heads = {} channels, and "
                    "head_dim is {}; they must be equal",
                    section.where(), usual, text.head_dim));
  }
}

/// Layers that attend to all tokens before are the only kind.
void check_layer_types(const ConfigSection& section) {
  const json types = section.raw("layer_types");
  if (types.is_null()) return;
  const bool full = types.is_array() && std::all_of(types.begin(), types.end(), [](const json& type) {
                      return type == "full_attention";
                    });
  if (!full) {
    throw Error(section.where() +
                ": layer_types has other layers than full_attention, which imp does not have; take a "
                "checkpoint whose layers are all alike");
  }
}

}  // namespace

std::optional<int64_t> TextConfig::first_rescaled_position() const {
  if (rope_scaling.type == RopeType::dynamic) return max_position_embeddings;
  if (rope_scaling.type == RopeType::longrope) return rope_scaling.original_max_position_embeddings;
  return std::nullopt;
}

TextConfig parse_text_config(const json& config, const std::string& where) {
  TextConfig text;
  text.family = text_family(config, where);
  const bool phi = text.family == TextFamily::phi;
  const ConfigSection section(config, where, phi ? kPhiConfig : kLlamaConfig);
  text.vocab_size = section.positive("vocab_size");
  text.hidden_size = section.positive("hidden_size");
  text.intermediate_size = section.positive("intermediate_size");
  text.num_hidden_layers = section.positive("num_hidden_layers");
  text.max_position_embeddings = section.positive("max_position_embeddings");
  text.norm_eps = section.get<double>(phi ? "layer_norm_eps" : "rms_norm_eps");
  text.hidden_act = parse_activation(section.get<std::string>("hidden_act"), where, "hidden_act");
  if (phi) {
    text.qk_layernorm = section.get<bool>("qk_layernorm");
  } else {
    text.attention_bias = section.get<bool>("attention_bias");
    text.mlp_bias = section.get<bool>("mlp_bias");
  }
  parse_heads(section, text);
  parse_rope(section, text);
  check_layer_types(section);
  text.sliding_window = section.find<int64_t>("sliding_window");
  text.tie_word_embeddings = section.get<bool>("tie_word_embeddings");
  text.bos_token_id = section.token("bos_token_id");
  text.eos_token_id = section.token("eos_token_id");
  text.pad_token_id = section.token("pad_token_id");
  return text;
}

json to_json(const TextConfig& text) {
  const bool phi = text.family == TextFamily::phi;
  const bool phis_own_name = phi && text.hidden_act == Activation::gelu_tanh;
  json config = {
      {"model_type", phi ? "phi" : "llama"},
      {"architectures", {phi ? "PhiForCausalLM" : "LlamaForCausalLM"}},
      {"vocab_size", text.vocab_size},
      {"hidden_size", text.hidden_size},
      {"intermediate_size", text.intermediate_size},
      {"num_hidden_layers", text.num_hidden_layers},
      {"num_attention_heads", text.num_attention_heads},
      {"num_key_value_heads", text.num_key_value_heads},
      {"max_position_embeddings", text.max_position_embeddings},
      {"hidden_act", phis_own_name ? "gelu_new" : activation_name(text.hidden_act)},
      {phi ? "layer_norm_eps" : "rms_norm_eps", text.norm_eps},
      {"tie_word_embeddings", text.tie_word_embeddings},
      {"torch_dtype", "float32"},
  };
  write_rope(text, config);
  if (phi) {
    config["qk_layernorm"] = text.qk_layernorm;
    config["resid_pdrop"] = 0.0;
    if (text.head_dim * text.num_attention_heads != text.hidden_size) config["head_dim"] = text.head_dim;
  } else {
    config["head_dim"] = text.head_dim;
    config["attention_bias"] = text.attention_bias;
    config["mlp_bias"] = text.mlp_bias;
  }
  if (text.sliding_window) config["sliding_window"] = *text.sliding_window;
  // null, and not absence: transformers' defaults (1, 2) would name ordinary tokens of a small vocabulary.
  const auto token = [](const std::optional<int64_t>& id) { return id ? json(*id) : json(nullptr); };
  config["bos_token_id"] = token(text.bos_token_id);
  config["eos_token_id"] = token(text.eos_token_id);
  config["pad_token_id"] = token(text.pad_token_id);
  return config;
}

}  // namespace imp::models
