// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/config/config_section.h"
#include "models/config/model_config.h"
#include "models/config/model_kind.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

using nlohmann::json;

/// The part of that name; its model_type may be left out.
json part(const ConfigSection& section, const char* key, const char* default_type) {
  json config = section.raw(key);
  if (config.is_object() && (!config.contains("model_type") || config["model_type"].is_null()))
    config["model_type"] = default_type;
  return config;
}

json text_part(const ConfigSection& section) {
  const json config = part(section, "text_config", "llama");
  return config.is_null() ? json{{"model_type", "llama"}} : config;
}

/// Without a vision_config it is CLIP-L/336, not CLIPVisionConfig's own default.
json vision_part(const ConfigSection& section) {
  const json config = part(section, "vision_config", "clip_vision_model");
  if (!config.is_null()) return config;
  return {{"model_type", "clip_vision_model"},
          {"hidden_size", 1024},
          {"intermediate_size", 4096},
          {"num_hidden_layers", 24},
          {"num_attention_heads", 16},
          {"image_size", 336},
          {"patch_size", 14}};
}

void check_layer(const ConfigSection& section, int64_t layer, const VisionConfig& vision) {
  const int64_t states = vision.num_hidden_layers + 1;
  if (layer >= -states && layer < states) return;
  throw Error(fmt::format("{}: vision_feature_layer {} is outside the tower's {} hidden states, {} to {}",
                          section.where(), layer, states, -states, states - 1));
}

std::vector<int64_t> feature_layers(const ConfigSection& section, const VisionConfig& vision) {
  const json found = section.raw("vision_feature_layer");
  std::vector<int64_t> layers;
  if (found.is_array()) {
    for (const json& layer : found) {
      if (!layer.is_number_integer())
        throw Error(section.where() + ": vision_feature_layer has an entry that is no whole number");
      layers.push_back(layer.get<int64_t>());
    }
    if (layers.empty())
      throw Error(section.where() + ": vision_feature_layer is an empty list; give a layer");
  } else {
    layers.push_back(section.get<int64_t>("vision_feature_layer"));
  }
  for (const int64_t layer : layers) check_layer(section, layer, vision);
  return layers;
}

FeatureSelection parse_features(const ConfigSection& section, const VisionConfig& vision) {
  FeatureSelection features;
  features.layers = feature_layers(section, vision);
  const auto strategy = section.get<std::string>("vision_feature_select_strategy");
  if (strategy != "default" && strategy != "full") {
    throw Error(fmt::format("{}: vision_feature_select_strategy '{}' is not known; it is default or full",
                            section.where(), strategy));
  }
  features.drop_first_token = strategy == "default";
  if (features.image_tokens(vision) < 1) {
    throw Error(section.where() +
                ": vision_feature_select_strategy 'default' drops the only feature of a picture; it "
                "is to be full");
  }
  return features;
}

}  // namespace

LlavaConfig parse_llava_config(const json& config, const std::string& where) {
  require_llava(config, where);
  const ConfigSection section(config, where, kLlavaConfig);
  LlavaConfig llava;
  llava.text = parse_text_config(text_part(section), where + ": text_config");
  llava.vision = parse_vision_config(vision_part(section), where + ": vision_config");
  // The newer name wins where a config has both, as in transformers.
  llava.image_token_index =
      section.find<int64_t>("image_token_id").value_or(section.get<int64_t>("image_token_index"));
  llava.features = parse_features(section, llava.vision);
  llava.projector_hidden_act =
      parse_activation(section.get<std::string>("projector_hidden_act"), where, "projector_hidden_act");
  llava.multimodal_projector_bias = section.get<bool>("multimodal_projector_bias");
  // transformers 5 ties by either, 4 by text_config's.
  llava.text.tie_word_embeddings |= section.get<bool>("tie_word_embeddings");
  return llava;
}

json to_json(const LlavaConfig& llava) {
  const std::vector<int64_t>& layers = llava.features.layers;
  return {
      {"model_type", "llava"},
      {"architectures", {"LlavaForConditionalGeneration"}},
      {"text_config", to_json(llava.text)},
      {"vision_config", to_json(llava.vision)},
      {"image_token_index", llava.image_token_index},
      {"image_token_id", llava.image_token_index},
      {"image_seq_length", llava.features.image_tokens(llava.vision)},
      {"projector_hidden_act", activation_name(llava.projector_hidden_act)},
      {"multimodal_projector_bias", llava.multimodal_projector_bias},
      {"vision_feature_layer", layers.size() == 1 ? json(layers.front()) : json(layers)},
      {"vision_feature_select_strategy", llava.features.drop_first_token ? "default" : "full"},
      {"pad_token_id", llava.text.pad_token_id ? json(*llava.text.pad_token_id) : json(nullptr)},
      {"tie_word_embeddings", llava.text.tie_word_embeddings},
      {"torch_dtype", "float32"},
  };
}

}  // namespace imp::models
