// SPDX-License-Identifier: Apache-2.0
#include "models/llava/llava_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/weights/safetensors.h"

namespace imp::models {
namespace {

/// Where transformers 4.x has the tower's parameters.
std::string tower_prefix(const VisionConfig& vision) {
  return vision.family == VisionFamily::vit ? "vision_tower." : "vision_tower.vision_model.";
}

}  // namespace

at::Tensor LlavaModel::image_features(const at::Tensor& pixel_values) const {
  return vision_tower->features(pixel_values, config.features);
}

void LlavaModel::pack() {
  vision_tower->pack();
  projector.linear_1.pack();
  projector.linear_2.pack();
  text_model->pack();
}

int64_t LlavaModel::num_image_tokens() const {
  return config.features.image_tokens(config.vision);
}

void check_image_tokens(int64_t places, int64_t rows) {
  if (places != rows)
    throw Error(fmt::format("the prompt has {} image tokens; its pictures have {}", places, rows));
}

at::Tensor splice_image_features(const TextModel& text_model, const at::Tensor& input_ids,
                                 int64_t image_token, const at::Tensor& projected) {
  return splice_image_features(text_model, input_ids, image_token, projected,
                               (input_ids == image_token).nonzero().view({-1}));
}

at::Tensor splice_image_features(const TextModel& text_model, const at::Tensor& input_ids,
                                 int64_t image_token, const at::Tensor& projected, const at::Tensor& places) {
  const int64_t rows = projected.defined() ? projected.size(0) * projected.size(1) : 0;
  check_image_tokens(places.size(0), rows);
  // The image token may lie outside the embedding (LLaVA's -200); any row serves, it is replaced.
  const at::Tensor ids = input_ids.masked_fill(input_ids == image_token, 0);
  const at::Tensor embeds = text_model.embed(ids);
  if (rows == 0) return embeds;
  return embeds.index_copy(0, places, projected.reshape({rows, projected.size(2)}).to(embeds.scalar_type()));
}

LlavaCheckpoint::LlavaCheckpoint(std::filesystem::path directory)
    : directory_(std::move(directory)),
      config_(parse_llava_config(read_config_json(directory_), (directory_ / "config.json").string())) {}

std::unique_ptr<TextModel> LlavaCheckpoint::text_model(const at::TensorOptions& options) const {
  CheckpointSource weights(directory_,
                           {{"model.", "language_model.model."},
                            {"lm_head.", "language_model.lm_head."},
                            {"model.", "model.language_model."},
                            {"lm_head.", "lm_head."}},
                           options);
  return make_text_model(config_.text, weights);
}

std::shared_ptr<VisionTower> LlavaCheckpoint::vision_tower(const at::TensorOptions& options) const {
  CheckpointSource weights(directory_,
                           {{"", "vision_tower.vision_model."},
                            {"", "vision_tower."},
                            {"", "model.vision_tower.vision_model."},
                            {"", "model.vision_tower."}},
                           options);
  return std::make_shared<VisionTower>(config_.vision, weights);
}

Projector LlavaCheckpoint::projector(const at::TensorOptions& options) const {
  CheckpointSource weights(directory_, {{"", ""}, {"", "model."}}, options);
  const auto linear = [&](const std::string& name, int64_t in, int64_t out) {
    const bool biased = config_.multimodal_projector_bias;
    return Linear{weights.take(name + ".weight", {out, in}),
                  biased ? weights.take(name + ".bias", {out}) : at::Tensor(),
                  {}};
  };
  const int64_t hidden = config_.text.hidden_size;
  Projector projector;
  projector.activation = config_.projector_hidden_act;
  projector.linear_1 =
      linear("multi_modal_projector.linear_1", config_.features.width(config_.vision), hidden);
  projector.linear_2 = linear("multi_modal_projector.linear_2", hidden, hidden);
  return projector;
}

LlavaModel load_llava(const std::filesystem::path& directory, const at::TensorOptions& options) {
  const LlavaCheckpoint checkpoint(directory);
  return {checkpoint.config(), checkpoint.vision_tower(options), checkpoint.projector(options),
          checkpoint.text_model(options)};
}

std::vector<std::pair<std::string, at::Tensor>> unused_tower_tensors(const std::filesystem::path& directory,
                                                                     LlavaModel& model) {
  std::set<std::string> used;
  model.vision_tower->visit_parameters([&](const std::string& name, at::Tensor&) { used.insert(name); });
  const auto weights = std::make_shared<CheckpointWeights>(directory);
  std::vector<std::pair<std::string, at::Tensor>> unused;
  for (const std::string& name : weights->names()) {
    std::string_view inner = name;
    if (inner.starts_with("model.")) inner.remove_prefix(6);
    if (!inner.starts_with("vision_tower.")) continue;
    inner.remove_prefix(std::string_view("vision_tower.").size());
    if (inner.starts_with("vision_model.")) inner.remove_prefix(std::string_view("vision_model.").size());
    // position_ids were saved by old versions, and new ones do not know them.
    if (used.contains(std::string(inner)) || inner.ends_with("position_ids")) continue;
    unused.emplace_back(tower_prefix(model.config.vision) + std::string(inner),
                        checkpoint_tensor(weights, name));
  }
  return unused;
}

void save_llava(const std::filesystem::path& directory, LlavaModel& model,
                const std::vector<std::pair<std::string, at::Tensor>>& further) {
  std::vector<std::pair<std::string, at::Tensor>> tensors = further;
  const auto collect = [&](const std::string& prefix) {
    return [&tensors, prefix](const std::string& name, at::Tensor& tensor) {
      tensors.emplace_back(prefix + name, tensor);
    };
  };
  // A head that differs from its embeddings is the checkpoint's own, whatever its config said.
  model.config.text = model.text_model->config();
  model.text_model->visit_parameters(collect("language_model."));
  model.vision_tower->visit_parameters(collect(tower_prefix(model.config.vision)));
  model.projector.visit_parameters(collect(""));
  save_tensors(directory / "model.safetensors", tensors);
  LlavaConfig described = model.config;
  described.multimodal_projector_bias = model.projector.linear_1.bias.defined();
  nlohmann::json config = to_json(described);
  if (model.config.vision.family == VisionFamily::siglip) {
    config["vision_config"]["vision_use_head"] =
        std::any_of(further.begin(), further.end(),
                    [](const auto& entry) { return entry.first.find(".head.") != std::string::npos; });
  }
  write_file_atomically(directory / "config.json", config.dump(2) + "\n");
}

}  // namespace imp::models
