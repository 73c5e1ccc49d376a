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

const ConfigClass& class_of(VisionFamily family) {
  if (family == VisionFamily::siglip) return kSiglipVisionConfig;
  return family == VisionFamily::clip ? kClipVisionConfig : kVitConfig;
}

/// A side in pixels, or a list of height and width that are equal.
int64_t side(const ConfigSection& section, const char* key) {
  const json found = section.raw(key);
  if (!found.is_array()) return section.positive(key);
  bool square = !found.empty() && found.size() <= 2;
  for (const json& one : found)
    square = square && one.is_number_integer() && one == found[0] && one > 0 && one < 65536;
  if (!square) {
    throw Error(
        fmt::format("{}: {} is {}; imp has square pictures and patches, one number or two that are equal",
                    section.where(), key, found.dump()));
  }
  return found[0].get<int64_t>();
}

/// A SiglipConfig or CLIPConfig holds the tower's config in vision_config.
bool has_text_half(const json& config) {
  const std::string type = config["model_type"].get<std::string>();
  return (type == "siglip" || type == "clip") &&
         (config.contains("vision_config") || !config.contains("hidden_size"));
}

}  // namespace

VisionConfig parse_vision_config(const json& config, const std::string& where) {
  VisionConfig vision;
  vision.family = vision_family(config, where);
  if (has_text_half(config)) {
    const bool siglip = vision.family == VisionFamily::siglip;
    const json found =
        ConfigSection(config, where, siglip ? kSiglipConfig : kClipConfig).raw("vision_config");
    json inner = found.is_null() ? json::object() : found;
    if (inner.is_object()) inner["model_type"] = siglip ? "siglip_vision_model" : "clip_vision_model";
    return parse_vision_config(inner, where + ": vision_config");
  }
  const ConfigSection section(config, where, class_of(vision.family));
  vision.hidden_size = section.positive("hidden_size");
  vision.intermediate_size = section.positive("intermediate_size");
  vision.num_hidden_layers = section.positive("num_hidden_layers");
  vision.num_attention_heads = section.positive("num_attention_heads");
  vision.image_size = side(section, "image_size");
  vision.patch_size = side(section, "patch_size");
  vision.num_channels = section.positive("num_channels");
  vision.layer_norm_eps = section.get<double>("layer_norm_eps");
  vision.hidden_act = parse_activation(section.get<std::string>("hidden_act"), where, "hidden_act");
  if (vision.family == VisionFamily::vit) vision.qkv_bias = section.get<bool>("qkv_bias");
  if (vision.image_size < vision.patch_size) {
    throw Error(fmt::format("{}: image_size {} with patch_size {} holds no patch", where, vision.image_size,
                            vision.patch_size));
  }
  if (vision.hidden_size % vision.num_attention_heads != 0) {
    throw Error(fmt::format("{}: hidden_size {} is not a multiple of num_attention_heads {}", where,
                            vision.hidden_size, vision.num_attention_heads));
  }
  return vision;
}

json to_json(const VisionConfig& vision) {
  static constexpr const char* kTypes[] = {"siglip_vision_model", "clip_vision_model", "vit"};
  static constexpr const char* kArchitectures[] = {"SiglipVisionModel", "CLIPVisionModel", "ViTModel"};
  const auto family = static_cast<size_t>(vision.family);
  json config = {
      {"model_type", kTypes[family]},
      {"architectures", {kArchitectures[family]}},
      {"hidden_size", vision.hidden_size},
      {"intermediate_size", vision.intermediate_size},
      {"num_hidden_layers", vision.num_hidden_layers},
      {"num_attention_heads", vision.num_attention_heads},
      {"image_size", vision.image_size},
      {"patch_size", vision.patch_size},
      {"num_channels", vision.num_channels},
      {"layer_norm_eps", vision.layer_norm_eps},
      {"hidden_act", activation_name(vision.hidden_act)},
      {"torch_dtype", "float32"},
  };
  if (vision.family == VisionFamily::siglip) config["vision_use_head"] = false;
  if (vision.family == VisionFamily::clip) config["projection_dim"] = vision.hidden_size;
  if (vision.family == VisionFamily::vit) config["qkv_bias"] = vision.qkv_bias;
  return config;
}

}  // namespace imp::models
