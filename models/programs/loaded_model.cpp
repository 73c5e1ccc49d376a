// SPDX-License-Identifier: Apache-2.0
#include "models/programs/loaded_model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/image/codec.h"
#include "models/io/error.h"
#include "models/lora/lora_adapter.h"

namespace imp::models {
namespace {

void merge_given_adapter(const ModelOptions& options, TextModel& model) {
  if (options.adapter.empty()) return;
  (void)load_adapter(options.adapter, model);
  merge_adapters(model);
}

bool is_llava(const std::filesystem::path& directory) {
  return read_config_json(directory).value("model_type", "") == "llava";
}

LlavaModel llava_of_parts(const ModelOptions& options, at::ScalarType dtype) {
  if (is_llava(options.directory)) {
    throw Error(options.directory.string() +
                ": is a LLaVA directory with a tower of its own; leave --encoder out");
  }
  if (options.projector.empty()) {
    throw Error("--encoder: needs --projector, the file that was trained for these two models");
  }
  LlavaModel model;
  model.text_model = load_text_model(options.directory, dtype);
  model.vision_tower = load_vision_tower(options.encoder, dtype);
  model.config.text = model.text_model->config();
  model.config.vision = model.vision_tower->config();
  model.config.drop_class_token = model.config.vision.has_class_token();
  return model;
}

}  // namespace

LlavaModel load_assembled_llava(const ModelOptions& options) {
  const at::ScalarType dtype = compute_dtype(options);
  LlavaModel model =
      options.encoder.empty() ? load_llava(options.directory, dtype) : llava_of_parts(options, dtype);
  merge_given_adapter(options, *model.text_model);
  if (options.projector.empty()) {
    if (!options.adapter.empty()) (void)load_adapter_projector(options.adapter, model.projector);
  } else {
    model.projector =
        load_projector(options.projector, model.config.vision.hidden_size, model.config.text.hidden_size);
    model.projector.visit_parameters(
        [&](const std::string&, at::Tensor& tensor) { tensor = tensor.to(dtype); });
  }
  return model;
}

LoadedModel load_model(const ModelOptions& options) {
  LoadedModel loaded;
  loaded.dtype = compute_dtype(options);
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
    loaded.llava.text_model = load_text_model(options.directory, loaded.dtype);
    merge_given_adapter(options, *loaded.llava.text_model);
  }
  loaded.tokenizer = Tokenizer::load(options.directory);
  loaded.tokenizer->check_fits(loaded.llava.text_model->config().vocab_size, options.directory);
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

at::Tensor LoadedModel::projected(const std::vector<std::string>& pictures,
                                  const std::filesystem::path& images) const {
  if (pictures.empty()) return {};
  const int64_t side = llava.config.vision.image_size, count = 3 * side * side;
  const at::Tensor pixels = at::empty({static_cast<int64_t>(pictures.size()), 3, side, side});
  auto* next = pixels.mutable_data_ptr<float>();
  for (const std::string& picture : pictures) {
    const PixelValues values = processor->process(read_image(images / picture));
    if (values.height != side || values.width != side) {
      throw Error("the preprocessor makes pictures of " + std::to_string(values.height) + " x " +
                  std::to_string(values.width) + " pixels; the vision tower takes " + std::to_string(side) +
                  " x " + std::to_string(side));
    }
    next = std::copy_n(values.values.begin(), count, next);
  }
  return llava.projector.forward(llava.image_features(pixels.to(dtype)));
}

}  // namespace imp::models
