// SPDX-License-Identifier: Apache-2.0
#include "models/config/model_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "models/io/error.h"

namespace imp::models {
namespace {

using nlohmann::json;

constexpr std::string_view kLanguageModels = "language models (phi, llama, mobilevlm)";
constexpr std::string_view kTowers = "vision towers (siglip, clip, vit)";
constexpr std::string_view kAssemblies = "assemblies of the two (llava)";

std::string all_kinds() {
  return fmt::format("imp reads {}, {} and {}", kLanguageModels, kTowers, kAssemblies);
}

std::string model_type(const json& config, const std::string& where) {
  if (!config.is_object()) throw Error(where + ": is no JSON object; a model's config is needed");
  const auto found = config.find("model_type");
  if (found == config.end() || found->is_null())
    throw Error(fmt::format("{}: has no model_type; {}", where, all_kinds()));
  if (!found->is_string()) throw Error(fmt::format("{}: model_type is no string; {}", where, all_kinds()));
  return found->get<std::string>();
}

std::optional<TextFamily> text_family_of(std::string_view type) {
  if (type == "phi") return TextFamily::phi;
  if (type == "llama" || type == "mobilevlm") return TextFamily::llama;
  return std::nullopt;
}

std::optional<VisionFamily> vision_family_of(std::string_view type) {
  if (type == "siglip" || type == "siglip_vision_model") return VisionFamily::siglip;
  if (type == "clip" || type == "clip_vision_model") return VisionFamily::clip;
  if (type == "vit") return VisionFamily::vit;
  return std::nullopt;
}

/// LLaVA's own trainer wrote model_type `llava`, too, before transformers had a class of that name.
bool is_original_llava(const json& config) {
  for (const char* key : {"mm_vision_tower", "mm_projector_type", "mm_hidden_size"}) {
    if (config.contains(key) && !config.contains("text_config")) return true;
  }
  return false;
}

/// Says what to do about the layouts that trainers of LLaVA-like models write; empty for any other type.
std::string advice(std::string_view type, const json& config) {
  constexpr std::array<std::string_view, 3> kOfTransformers{"llava_next", "llava_next_video",
                                                            "llava_onevision"};
  if (type == "phi-msft")
    return "it is phi-2's layout before transformers had the class; microsoft/phi-2 has it as model_type phi "
           "now";
  if (type == "imp" || type.starts_with("imp_") || type.starts_with("imp-")) {
    return "it is the layout of Imp's own trainer; give its parts instead: the language model and the tower "
           "as "
           "directories, its mm_projector as a safetensors file (init_projector, --projector)";
  }
  const bool transformers =
      std::find(kOfTransformers.begin(), kOfTransformers.end(), type) != kOfTransformers.end();
  if (transformers)
    return "it is another assembly than LLaVA-1.5's; llava-hf/llava-1.5-7b-hf is one that is read";
  const bool original = type == "llava"
                            ? is_original_llava(config)
                            : type.starts_with("llava_") || type.starts_with("llava-") ||
                                  type.starts_with("bunny") || type.starts_with("tiny_llava") ||
                                  type.starts_with("tinyllava") || config.contains("mm_vision_tower") ||
                                  config.contains("mm_projector_type");
  if (!original) return {};
  return "it is the layout of the original LLaVA trainer; take a checkpoint of LlavaForConditionalGeneration "
         "(llava-hf/...), or convert this one with transformers' convert_llava_weights_to_hf.py";
}

[[noreturn]] void refuse(std::string_view type, const json& config, const std::string& where,
                         std::string_view wanted) {
  const std::string what = advice(type, config);
  throw Error(fmt::format("{}: model_type '{}' {}; {}{}", where, type, wanted, what,
                          what.empty() ? all_kinds() : "; " + all_kinds()));
}

}  // namespace

ModelKind model_kind(const json& config, const std::string& where) {
  const std::string type = model_type(config, where);
  if (text_family_of(type)) return ModelKind::language_model;
  if (vision_family_of(type)) return ModelKind::vision_tower;
  if (type == "llava" && !is_original_llava(config)) return ModelKind::llava;
  refuse(type, config, where, "is of no kind that imp reads");
}

TextFamily text_family(const json& config, const std::string& where) {
  const std::string type = model_type(config, where);
  if (const auto family = text_family_of(type)) return *family;
  refuse(type, config, where, "is no language model that imp has");
}

VisionFamily vision_family(const json& config, const std::string& where) {
  const std::string type = model_type(config, where);
  if (const auto family = vision_family_of(type)) return *family;
  refuse(type, config, where, "is no vision tower that imp has");
}

void require_llava(const json& config, const std::string& where) {
  const std::string type = model_type(config, where);
  if (type != "llava" || is_original_llava(config))
    refuse(type, config, where, "is no LLaVA in transformers' layout, which is needed here");
}

}  // namespace imp::models
