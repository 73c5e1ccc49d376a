// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/image/image_processor.h"
#include "models/io/error.h"
#include "models/io/printable.h"
#include "models/lora/lora_adapter.h"
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

ordered_json describe_adapter(const fs::path& directory, TextModel& model) {
  const LoraOptions lora = load_adapter(directory, model);
  int64_t count = 0, layers = 0;
  visit_adapter(model, Counter{count});
  for (const NamedLinear& entry : model.linears()) layers += entry.linear->adapter ? 1 : 0;
  return {{"rank", lora.rank}, {"alpha", lora.alpha}, {"layers", layers}, {"parameters", count}};
}

/// Loads every weight, so that a directory that inspect accepts is whole.
ordered_json describe_directory(const ModelOptions& options) {
  const nlohmann::json config = read_config_json(options.directory);
  const auto type = config.value("model_type", "");
  const at::ScalarType dtype = compute_dtype(options);
  ordered_json all = {{"directory", options.directory.string()}, {"model_type", type}};
  std::shared_ptr<TextModel> text_model;
  if (type == "llava") {
    LlavaModel model = load_llava(options.directory, dtype);
    all["vision_tower"] = with_parameters(describe(model.config.vision), *model.vision_tower);
    all["vision_tower"]["feature_layer"] = model.config.vision_feature_layer;
    all["projector"] = with_parameters({{"image_tokens", model.num_image_tokens()}}, model.projector);
    text_model = model.text_model;
  } else if (type == "phi" || type == "llama" || type == "mobilevlm") {
    text_model = load_text_model(options.directory, dtype);
  } else {
    const auto tower = load_vision_tower(options.directory, dtype);
    all["vision_tower"] = with_parameters(describe(tower->config()), *tower);
  }
  if (text_model) all["language_model"] = with_parameters(describe(text_model->config()), *text_model);
  if (!options.adapter.empty()) {
    if (!text_model)
      throw Error(options.directory.string() + ": has no language model that --adapter could fit");
    all["adapter"] = describe_adapter(options.adapter, *text_model);
  }
  if (fs::exists(options.directory / "tokenizer.json") || fs::exists(options.directory / "tokenizer.model") ||
      find_gguf(options.directory)) {
    const auto tokenizer = Tokenizer::load(options.directory);
    if (text_model) tokenizer->check_fits(text_model->config().vocab_size, options.directory);
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
      fmt::print("{:<16} {}\n", part, printable(value.get<std::string>()));
      continue;
    }
    std::string line;
    for (const auto& [key, field] : value.items()) {
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", key,
                          field.is_string() ? field.get<std::string>() : field.dump());
    }
    fmt::print("{:<16} {}\n", part, printable(line));
  }
}

}  // namespace

int inspect_command(const ModelOptions& options) {
  const ordered_json all = describe_directory(options);
  if (options.json) {
    fmt::print("{}\n", printable_lines(all.dump(2, ' ', false, ordered_json::error_handler_t::replace)));
  } else {
    print_text(all);
  }
  return 0;
}

}  // namespace imp::models
