// SPDX-License-Identifier: Apache-2.0
#include "models/lora/adapter_names.h"

#include <array>
#include <string_view>
#include <utility>

namespace imp::models {
namespace {

using namespace std::string_view_literals;
using Replacement = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kTower = "vision_tower.", kProjector = "multi_modal_projector.";

/// Replaces the first of `beginnings` that `path` starts with. Returns whether there was one.
template <size_t count>
bool replace_beginning(std::string& path, const std::array<Replacement, count>& beginnings) {
  for (const auto& [from, to] : beginnings) {
    if (!path.starts_with(from)) continue;
    path.replace(0, from.size(), to);
    return true;
  }
  return false;
}

/// `layers.3.attention.q_proj...`, a ViT's of transformers 5, as those before it have it.
std::string older_vit_path(const std::string& path) {
  constexpr std::array kInner = std::to_array<Replacement>({
      {"attention.q_proj", "attention.attention.query"},
      {"attention.k_proj", "attention.attention.key"},
      {"attention.v_proj", "attention.attention.value"},
      {"attention.o_proj", "attention.output.dense"},
      {"mlp.fc1", "intermediate.dense"},
      {"mlp.fc2", "output.dense"},
  });
  const size_t number = std::string_view("layers.").size(), dot = path.find('.', number);
  if (dot == std::string::npos) return path;
  std::string inner = path.substr(dot + 1);
  replace_beginning(inner, kInner);
  return "encoder.layer." + path.substr(number, dot + 1 - number) + inner;
}

std::string canonical_path(std::string path) {
  constexpr std::array kTowers = std::to_array<Replacement>({
      {"model.vision_tower.vision_tower.", ""},  // LLaVA's own code has the tower inside of another module
      {"model.vision_tower.", ""},
      {"vision_tower.", ""},
  });
  constexpr std::array kProjectors = std::to_array<Replacement>({
      {"model.multi_modal_projector.", ""},
      {"multi_modal_projector.", ""},
  });
  constexpr std::array kOwnProjectors = std::to_array<Replacement>({
      {"model.mm_projector.0", "linear_1"},
      {"model.mm_projector.2", "linear_2"},
      {"mm_projector.0", "linear_1"},
      {"mm_projector.2", "linear_2"},
  });
  constexpr std::array kLanguageModels = std::to_array<Replacement>({
      {"model.language_model.lm_head", "lm_head"},
      {"language_model.lm_head", "lm_head"},
      {"model.language_model.model.", "model."},
      {"model.language_model.", "model."},
      {"language_model.model.", "model."},
      {"language_model.", "model."},
      {"layers.", "model.layers."},  // a causal language model without its head
      {"embed_tokens.", "model.embed_tokens."},
  });
  if (replace_beginning(path, kTowers)) {
    replace_beginning(path, std::array{Replacement{"vision_model.", ""}});
    return std::string(kTower) + (path.starts_with("layers.") ? older_vit_path(path) : path);
  }
  if (replace_beginning(path, kProjectors) || replace_beginning(path, kOwnProjectors))
    return std::string(kProjector) + path;
  replace_beginning(path, kLanguageModels);
  return path;
}

}  // namespace

AdapterTensorName parse_adapter_name(const std::string& name) {
  constexpr auto kEndings = std::to_array<std::pair<std::string_view, TensorRole>>({
      {".lora_A.weight", TensorRole::lora_A},
      {".lora_B.weight", TensorRole::lora_B},
      {".lora_B.bias", TensorRole::lora_B_bias},
      {".lora_embedding_A", TensorRole::embedding_A},
      {".lora_embedding_B", TensorRole::embedding_B},
      {".lora_magnitude_vector", TensorRole::magnitude},
      {".lora_magnitude_vector.weight", TensorRole::magnitude},
      {".token_adapter.trainable_tokens_delta", TensorRole::token_rows},
  });
  std::string path = name;
  replace_beginning(path, std::array{Replacement{kPeftPrefix, ""}});
  for (const auto& [ending, role] : kEndings) {
    if (!path.ends_with(ending)) continue;
    path.resize(path.size() - ending.size());
    return {role, canonical_path(path), path, std::string(ending)};
  }
  constexpr std::string_view kBase = ".base_layer.";
  const size_t base = path.rfind(kBase);
  if (base != std::string::npos) path.replace(base, kBase.size(), ".");
  return {TensorRole::whole_parameter, canonical_path(path), path, "", base != std::string::npos};
}

ModelPart part_of(const std::string& path) {
  if (path.starts_with(kTower)) return ModelPart::vision;
  return path.starts_with(kProjector) ? ModelPart::projector : ModelPart::text;
}

std::string peft_path(const std::string& path) {
  if (path.starts_with("model."))
    return std::string(kPeftPrefix) + "model.language_model." +
           path.substr(std::string_view("model.").size());
  const bool head = path.starts_with("lm_head");
  return std::string(kPeftPrefix) + (head ? "" : "model.") + path;
}

}  // namespace imp::models
