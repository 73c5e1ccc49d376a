// SPDX-License-Identifier: Apache-2.0
#include "models/programs/loaded_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "models/config/model_kind.h"
#include "models/io/error.h"
#include "models/lora/adapter_vocabulary.h"
#include "models/programs/pixel_batch.h"

namespace imp::models {
namespace {

bool is_llava(const std::filesystem::path& directory) {
  return model_kind(read_config_json(directory), config_path(directory).string()) == ModelKind::llava;
}

std::optional<PeftAdapter> given_adapter(const ModelOptions& options) {
  return options.adapter.empty() ? std::nullopt : std::optional<PeftAdapter>(options.adapter);
}

/// The parameters of a projector that the adapter's files have whole.
std::set<std::string> saved_projector(const PeftAdapter& adapter) {
  std::set<std::string> names;
  for (const auto& [path, stored] : adapter.parameters())
    if (part_of(path) == ModelPart::projector) names.insert(path);
  return names;
}

Projector projector_of_file(const ModelOptions& options, const LlavaConfig& config,
                            const at::TensorOptions& weights) {
  Projector projector = load_projector(options.projector, config.features.width(config.vision),
                                       config.text.hidden_size, config.projector_hidden_act);
  projector.visit_parameters([&](const std::string&, at::Tensor& tensor) { tensor = tensor.to(weights); });
  return projector;
}

/// Two models without a projector between them; one that an adapter brings is put in its place later.
LlavaModel llava_of_parts(const ModelOptions& options, const std::optional<PeftAdapter>& adapter,
                          const at::TensorOptions& weights) {
  if (is_llava(options.directory)) {
    throw Error(options.directory.string() +
                ": is a LLaVA directory with a tower of its own; leave --encoder out");
  }
  constexpr size_t kWhole = 4;  // two layers' weights and biases
  const bool brought = adapter && saved_projector(*adapter).size() == kWhole;
  if (options.projector.empty() && !brought) {
    throw Error("--encoder: needs --projector, the file that was trained for these two models");
  }
  LlavaModel model;
  model.text_model = load_text_model(options.directory, weights);
  model.vision_tower = load_vision_tower(options.encoder, weights);
  model.config.text = model.text_model->config();
  model.config.vision = model.vision_tower->config();
  model.config.features = FeatureSelection::of_patches(model.config.vision);
  if (brought) {
    model.projector = make_projector(model.config.vision.hidden_size, model.config.text.hidden_size, 0);
    model.projector.visit_parameters(
        [&](const std::string&, at::Tensor& tensor) { tensor = tensor.to(weights); });
  }
  return model;
}

}  // namespace

LlavaModel load_assembled_llava(const ModelOptions& options) {
  const at::TensorOptions weights = weight_options(options);
  const std::optional<PeftAdapter> adapter = given_adapter(options);
  LlavaModel model = options.encoder.empty() ? load_llava(options.directory, weights)
                                             : llava_of_parts(options, adapter, weights);
  std::set<std::string> left_out;
  if (!options.projector.empty()) {
    model.projector = projector_of_file(options, model.config, weights);
    if (adapter) left_out = saved_projector(*adapter);
  }
  if (adapter) {
    merge_adapter(*adapter, {model.text_model.get(), model.vision_tower.get(), &model.projector}, left_out);
    model.config.text = model.text_model->config();
  }
  return model;
}

void merge_into_language_model(const PeftAdapter& adapter, TextModel& model) {
  for (const auto& [part, name] :
       {std::pair{ModelPart::vision, "vision tower"}, std::pair{ModelPart::projector, "projector"}}) {
    if (!adapter.changes(part)) continue;
    throw Error(fmt::format(
        "{}: has tensors of a {} that belong to no layer of this model, a language model alone; give a "
        "LLaVA's directory, or --encoder",
        adapter.directory().string(), name));
  }
  merge_adapter(adapter, {.text_model = &model});
}

std::filesystem::path tokenizer_directory(const ModelOptions& options) {
  if (options.adapter.empty() || saved_vocabulary(PeftAdapter(options.adapter)) == 0)
    return options.directory;
  for (const char* name : {"tokenizer.json", "tokenizer.model"})
    if (std::filesystem::exists(options.adapter / name)) return options.adapter;
  return options.directory;
}

LoadedModel load_model(const ModelOptions& options) {
  LoadedModel loaded;
  const at::TensorOptions weights = weight_options(options);
  loaded.dtype = compute_dtype(options);
  loaded.device = weights.device();
  loaded.directory = options.directory;
  loaded.trained = !options.adapter.empty() || !options.projector.empty();
  loaded.conversation = conversation_template(options.conversation);
  if (!options.encoder.empty() || is_llava(options.directory)) {
    loaded.llava = load_assembled_llava(options);
    loaded.processor.emplace(
        ImageProcessor::load(options.encoder.empty() ? options.directory : options.encoder));
  } else {
    if (!options.projector.empty()) {
      throw Error(options.directory.string() +
                  ": is a language model alone; --projector needs a LLaVA directory, or --encoder");
    }
    loaded.llava.text_model = load_text_model(options.directory, weights);
    if (const auto adapter = given_adapter(options))
      merge_into_language_model(*adapter, *loaded.llava.text_model);
  }
  const std::filesystem::path tokenizer = tokenizer_directory(options);
  loaded.tokenizer = Tokenizer::load(tokenizer);
  loaded.tokenizer->check_fits(loaded.llava.text_model->config().vocab_size, tokenizer);
  return loaded;
}

GenerationConfig LoadedModel::answer_settings(int64_t beams) const {
  return models::answer_settings(directory, *tokenizer, trained ? &conversation : nullptr, beams);
}

EncodedRow LoadedModel::prompt(const Request& request) const {
  const bool has_image = !request.image.empty();
  if (has_image && !processor) {
    throw Error(request.where + ": has an image, but the model is a language model alone; leave `image` out");
  }
  EncodedRow row = encode_prompt(*tokenizer, conversation, request.question, has_image,
                                 has_image ? llava.num_image_tokens() : 0);
  if (row.ids.empty()) {
    throw Error(request.where + ": is an empty prompt in the conversation '" + conversation.name +
                "'; give an image, or another --conversation");
  }
  return row;
}

at::Tensor LoadedModel::pixel_values(const std::vector<std::filesystem::path>& pictures, int threads) const {
  return pixel_batch(pictures, *processor, llava.config.vision.image_size, device, threads);
}

at::Tensor LoadedModel::projected(const at::Tensor& pixel_values) const {
  const at::Tensor pixels = pixel_values.to(device, /*non_blocking=*/true).to(dtype);
  return llava.projector.forward(llava.image_features(pixels));
}

at::Tensor LoadedModel::projected(const std::vector<std::string>& pictures,
                                  const std::filesystem::path& images) const {
  if (pictures.empty()) return {};
  std::vector<std::filesystem::path> files;
  for (const std::string& picture : pictures) files.push_back(images / picture);
  return projected(pixel_values(files, /*threads=*/1));
}

}  // namespace imp::models
