// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "models/config/model_kind.h"
#include "models/image/image_processor.h"
#include "models/io/error.h"
#include "models/programs/loaded_model.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// Counts the elements that a model visits.
struct Counter {
  int64_t& count;
  void operator()(const std::string&, at::Tensor& tensor) const { count += tensor.numel(); }
};

ordered_json describe(const TextConfig& text) {
  const bool phi = text.family == TextFamily::phi;
  return {{"family", phi ? "phi" : "llama"},
          {"layers", text.num_hidden_layers},
          {"hidden", text.hidden_size},
          {"heads", text.num_attention_heads},
          {"key_value_heads", text.num_key_value_heads},
          {"mlp", text.intermediate_size},
          {"vocabulary", text.vocab_size},
          {"positions", text.max_position_embeddings},
          {"tied_embeddings", text.tie_word_embeddings}};
}

ordered_json describe(const VisionConfig& vision) {
  static constexpr const char* kFamilies[] = {"siglip", "clip", "vit"};
  return {{"family", kFamilies[static_cast<size_t>(vision.family)]},
          {"layers", vision.num_hidden_layers},
          {"hidden", vision.hidden_size},
          {"heads", vision.num_attention_heads},
          {"mlp", vision.intermediate_size},
          {"image_size", vision.image_size},
          {"patch_size", vision.patch_size},
          {"patches", vision.num_patches()}};
}

ordered_json with_parameters(ordered_json description, auto& model) {
  int64_t count = 0;
  model.visit_parameters(Counter{count});
  description["parameters"] = count;
  return description;
}

/// What the files of an adapter have, by the parts of a model.
ordered_json describe(const PeftAdapter& adapter) {
  int64_t elements = 0, saved = 0, layers = 0, vision_layers = 0, projector_layers = 0;
  const auto count = [&](const StoredTensor& stored) {
    int64_t size = 1;
    for (const int64_t dimension : stored.file->at(stored.name).shape) size *= dimension;
    elements += size;
  };
  for (const auto& [path, module] : adapter.modules()) {
    const ModelPart part = part_of(path);
    ++(part == ModelPart::vision ? vision_layers : part == ModelPart::projector ? projector_layers : layers);
    for (const auto& [role, stored] : module) count(stored);
  }
  for (const auto& [path, stored] : adapter.parameters()) {
    ++saved;
    count(stored);
  }
  const AdapterConfig& config = adapter.config();
  ordered_json all = {
      {"rank", config.rank()}, {"alpha", config.plain_alpha()}, {"layers", layers}, {"parameters", elements}};
  if (vision_layers > 0) all["vision_layers"] = vision_layers;
  if (projector_layers > 0) all["projector_layers"] = projector_layers;
  if (saved > 0) all["saved_tensors"] = saved;
  return all;
}

/// Loads every weight, so that a directory that inspect accepts is whole.
ordered_json describe_directory(const ModelOptions& options) {
  const nlohmann::json config = read_config_json(options.directory);
  const ModelKind kind = model_kind(config, config_path(options.directory).string());
  const at::ScalarType dtype = compute_dtype(options);
  ordered_json all = {{"directory", options.directory.string()}, {"model_type", config["model_type"]}};
  std::optional<PeftAdapter> adapter;
  if (!options.adapter.empty()) adapter.emplace(options.adapter);
  LlavaModel model;  // or one part of it
  if (kind == ModelKind::llava) {
    model = load_llava(options.directory, dtype);
    all["vision_tower"] = with_parameters(describe(model.config.vision), *model.vision_tower);
    const std::vector<int64_t>& layers = model.config.features.layers;
    all["vision_tower"]["feature_layer"] =
        layers.size() == 1 ? ordered_json(layers.front()) : ordered_json(layers);
    if (!options.projector.empty()) {
      model.projector = load_projector(options.projector, model.config.features.width(model.config.vision),
                                       model.config.text.hidden_size, model.config.projector_hidden_act);
    }
    all["projector"] = with_parameters({{"image_tokens", model.num_image_tokens()},
                                        {"activation", activation_name(model.projector.activation)}},
                                       model.projector);
  } else if (kind == ModelKind::language_model) {
    model.text_model = load_text_model(options.directory, dtype);
  } else {
    const auto tower = load_vision_tower(options.directory, dtype);
    all["vision_tower"] = with_parameters(describe(tower->config()), *tower);
  }
  const std::shared_ptr<TextModel> text_model = model.text_model;
  if (text_model) all["language_model"] = with_parameters(describe(text_model->config()), *text_model);
  if (adapter) {
    if (!text_model)
      throw Error(options.directory.string() + ": has no language model that --adapter could fit");
    if (model.vision_tower) {
      merge_adapter(*adapter, {text_model.get(), model.vision_tower.get(), &model.projector});
    } else {
      merge_into_language_model(*adapter, *text_model);
    }
    all["adapter"] = describe(*adapter);
  }
  if (fs::exists(options.directory / "tokenizer.json") || fs::exists(options.directory / "tokenizer.model") ||
      find_gguf(options.directory)) {
    const fs::path directory = tokenizer_directory(options);
    const auto tokenizer = Tokenizer::load(directory);
    if (text_model) tokenizer->check_fits(text_model->config().vocab_size, directory);
    all["tokenizer"] = {{"vocabulary", tokenizer->vocab_size()}, {"puts_first", tokenizer->prefix_ids()}};
  }
  if (fs::exists(options.directory / "preprocessor_config.json") ||
      fs::exists(options.directory / "processor_config.json")) {
    const ImageProcessorConfig processor = ImageProcessor::load(options.directory).config();
    all["preprocessing"] = {{"height", processor.size.height},
                            {"width", processor.size.width},
                            {"shortest_edge", processor.size.shortest_edge},
                            {"center_crop", processor.do_center_crop}};
  }
  return all;
}

void print_text(const ordered_json& all) {
  for (const auto& [part, value] : all.items()) {
    if (!value.is_object()) {
      fmt::print("{:<16} {}\n", part, value.get<std::string>());
      continue;
    }
    std::string line;
    for (const auto& [key, field] : value.items()) {
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", key,
                          field.is_string() ? field.get<std::string>() : field.dump());
    }
    fmt::print("{:<16} {}\n", part, line);
  }
}

}  // namespace

int inspect_command(const ModelOptions& options) {
  const ordered_json all = describe_directory(options);
  if (options.json) {
    fmt::print("{}\n", all.dump(2));
  } else {
    print_text(all);
  }
  return 0;
}

}  // namespace imp::models
