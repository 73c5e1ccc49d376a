// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/weights_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>
#include <string>

#include "models/config/linear_shapes.h"
#include "models/io/error.h"
#include "models/lora/peft_adapter.h"
#include "models/weights/gguf.h"
#include "models/weights/safetensors.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using models::CheckpointWeights;
using models::TensorView;

/// Parts of a LLaVA that are not its language model.
bool is_beside_language_model(std::string_view name) {
  return name.find("vision_tower") != std::string_view::npos ||
         name.find("vision_model") != std::string_view::npos ||
         name.find("projector") != std::string_view::npos;
}

/// The end of a language model's tensor name that is the same in each generation of names:
/// `layers.0.mlp.up_proj.weight`, `lm_head.weight`; empty for others.
std::string plain_name(std::string_view name) {
  if (is_beside_language_model(name)) return {};
  for (const std::string_view start : {"layers.", "lm_head.", "embed_tokens."}) {
    const std::size_t at = name.find(start);
    if (at != std::string_view::npos) return std::string(name.substr(at));
  }
  return {};
}

void require_shape(const fs::path& file, const std::string& name, const TensorView* tensor,
                   std::initializer_list<std::int64_t> shape) {
  if (tensor == nullptr)
    throw Error(
        fmt::format("{}: tensor '{}': is expected, but the file has no such tensor", file.string(), name));
  if (tensor->shape != std::vector<std::int64_t>(shape))
    throw Error(fmt::format("{}: tensor '{}': is {}; the config asks for [{}]", file.string(), name,
                            models::describe(tensor->dtype, tensor->shape), fmt::join(shape, ", ")));
}

/// The tensor whose name ends so, or nullptr.
const TensorView* find_end(const CheckpointWeights& weights, std::string_view end) {
  for (const std::string& name : weights.names())
    if (name.ends_with(end)) return weights.find(name);
  return nullptr;
}

/// One of a projector's layers, in transformers' or LLaVA's names.
const TensorView* projector_layer(const CheckpointWeights& weights, const char* name, const char* llavas) {
  const TensorView* tensor = find_end(weights, name);
  return tensor == nullptr ? find_end(weights, llavas) : tensor;
}

}  // namespace

void check_language_weights(const fs::path& model, const models::TextConfig& text) {
  if (const std::optional<fs::path> gguf = models::find_gguf(model)) {
    (void)models::GgufFile(*gguf);
    return;
  }
  const CheckpointWeights weights(model);
  std::map<std::string, const TensorView*> tensors;
  for (const std::string& name : weights.names()) tensors.emplace(plain_name(name), weights.find(name));
  const auto require = [&](const std::string& name, std::int64_t rows, std::int64_t columns) {
    const auto found = tensors.find(plain_name(name));
    require_shape(model, name, found == tensors.end() ? nullptr : found->second, {rows, columns});
  };
  require("model.embed_tokens.weight", text.vocab_size, text.hidden_size);
  for (const models::LinearShape& linear : models::linear_shapes(text)) {
    if (linear.name == "lm_head" && text.tie_word_embeddings) continue;
    require(linear.name + ".weight", linear.out_features, linear.in_features);
  }
}

void check_vision_weights(const fs::path& model, const models::VisionConfig& vision) {
  const CheckpointWeights weights(model);
  const bool vit = vision.family == models::VisionFamily::vit;
  const char* const name =
      vit ? "embeddings.patch_embeddings.projection.weight" : "embeddings.patch_embedding.weight";
  require_shape(model, name, find_end(weights, name),
                {vision.hidden_size, vision.num_channels, vision.patch_size, vision.patch_size});
}

void check_projector_weights(const fs::path& file, std::int64_t text_hidden, std::int64_t feature_width) {
  const CheckpointWeights weights(file);
  constexpr const char *kFirst = "multi_modal_projector.linear_1.weight",
                       *kSecond = "multi_modal_projector.linear_2.weight";
  require_shape(file, kFirst, projector_layer(weights, kFirst, "mm_projector.0.weight"),
                {text_hidden, feature_width});
  require_shape(file, kSecond, projector_layer(weights, kSecond, "mm_projector.2.weight"),
                {text_hidden, text_hidden});
}

void check_adapter(const fs::path& directory, const models::TextConfig& text) {
  const models::PeftAdapter adapter(directory);
  std::map<std::string, models::LinearShape> layers;
  for (const models::LinearShape& linear : models::linear_shapes(text)) layers.emplace(linear.name, linear);
  const auto require_width = [&](const models::StoredTensor& stored, std::size_t side, std::int64_t width) {
    const TensorView& tensor = stored.file->at(stored.name);
    if (tensor.shape.size() == 2 && tensor.shape[side] == width) return;
    throw Error(fmt::format(
        "{}: tensor '{}': is {}; the model's layer has {} {}", stored.file->path().string(), stored.name,
        models::describe(tensor.dtype, tensor.shape), width, side == 1 ? "inputs" : "outputs"));
  };
  for (const auto& [path, tensors] : adapter.modules()) {
    // The rows of lm_head may have grown with the adapter's own vocabulary.
    if (models::part_of(path) != models::ModelPart::text || !path.starts_with("model.layers.")) continue;
    const auto layer = layers.find(path);
    if (layer == layers.end())
      throw Error(fmt::format("{}: '{}' is no layer of this model, which has {} blocks", directory.string(),
                              path, text.num_hidden_layers));
    for (const auto& [role, stored] : tensors) {
      if (role == models::TensorRole::lora_A) require_width(stored, 1, layer->second.in_features);
      if (role == models::TensorRole::lora_B) require_width(stored, 0, layer->second.out_features);
    }
  }
}

}  // namespace imp::harness
