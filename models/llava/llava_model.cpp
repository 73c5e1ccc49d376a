// SPDX-License-Identifier: Apache-2.0
#include "models/llava/llava_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {

at::Tensor LlavaModel::image_features(const at::Tensor& pixel_values) const {
  return vision_tower->features(pixel_values, config.vision_feature_layer, config.drop_class_token);
}

int64_t LlavaModel::num_image_tokens() const {
  const bool kept = config.vision.has_class_token() && !config.drop_class_token;
  return config.vision.num_patches() + (kept ? 1 : 0);
}

at::Tensor splice_image_features(const TextModel& text_model, const at::Tensor& input_ids,
                                 int64_t image_token, const at::Tensor& projected) {
  const at::Tensor places = (input_ids == image_token).nonzero().view({-1});
  const int64_t rows = projected.defined() ? projected.size(0) * projected.size(1) : 0;
  if (places.size(0) != rows) {
    throw Error(fmt::format("the prompt has {} image tokens; its pictures have {}", places.size(0), rows));
  }
  // The image token may lie outside the embedding (LLaVA's -200); any row serves, it is replaced.
  const at::Tensor ids = input_ids.masked_fill(input_ids == image_token, 0);
  const at::Tensor embeds = text_model.embed(ids);
  if (rows == 0) return embeds;
  return embeds.index_copy(0, places, projected.reshape({rows, projected.size(2)}).to(embeds.scalar_type()));
}

LlavaModel load_llava(const std::filesystem::path& directory, at::ScalarType dtype) {
  LlavaModel model;
  model.config = parse_llava_config(read_config_json(directory), (directory / "config.json").string());
  CheckpointSource text(directory,
                        {{"model.", "language_model.model."},
                         {"lm_head.", "language_model.lm_head."},
                         {"model.", "model.language_model."},
                         {"lm_head.", "lm_head."}},
                        dtype);
  CheckpointSource vision(directory,
                          {{"", "vision_tower.vision_model."},
                           {"", "vision_tower."},
                           {"", "model.vision_tower.vision_model."},
                           {"", "model.vision_tower."}},
                          dtype);
  CheckpointSource connector(directory, {{"", ""}, {"", "model."}}, dtype);
  model.text_model = make_text_model(model.config.text, text);
  model.vision_tower = std::make_shared<VisionTower>(model.config.vision, vision);
  const auto linear = [&](const std::string& name, int64_t in, int64_t out) {
    return Linear{connector.take(name + ".weight", {out, in}), connector.take(name + ".bias", {out}), {}};
  };
  const int64_t hidden = model.config.text.hidden_size;
  model.projector.linear_1 =
      linear("multi_modal_projector.linear_1", model.config.vision.hidden_size, hidden);
  model.projector.linear_2 = linear("multi_modal_projector.linear_2", hidden, hidden);
  return model;
}

void save_llava(const std::filesystem::path& directory, LlavaModel& model) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  const auto collect = [&](const std::string& prefix) {
    return [&tensors, prefix](const std::string& name, at::Tensor& tensor) {
      tensors.emplace_back(prefix + name, tensor);
    };
  };
  model.text_model->visit_parameters(collect("language_model."));
  const bool vit = model.config.vision.family == VisionFamily::vit;
  model.vision_tower->visit_parameters(collect(vit ? "vision_tower." : "vision_tower.vision_model."));
  model.projector.visit_parameters(collect(""));
  save_tensors(directory / "model.safetensors", tensors);
  write_file_atomically(directory / "config.json", to_json(model.config).dump(2) + "\n");
}

}  // namespace imp::models
