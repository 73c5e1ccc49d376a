// SPDX-License-Identifier: Apache-2.0
// What the parity tests ask of the libraries and no program of imp prints: training rows, hidden states of a
// tower, unpacked GGUF tensors.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/data/llava_rows.h"
#include "models/conversation/encode_row.h"
#include "models/image/codec.h"
#include "models/image/image_processor.h"
#include "models/io/error.h"
#include "models/llava/llava_model.h"
#include "models/lora/adapter_settings.h"
#include "models/lora/lora_adapter.h"
#include "models/vision/vision_tower.h"
#include "models/weights/gguf.h"

namespace {

using namespace imp::models;

/// rows DIR JSON IMAGE_TOKENS: a line {ids, labels} for each row of a LLaVA JSON, in the conversation
/// bare_v1.
void print_rows(const std::string& directory, const std::string& json, int64_t image_tokens) {
  const auto tokenizer = Tokenizer::load(directory);
  for (const imp::harness::LlavaRow& row : imp::harness::read_llava_rows(json)) {
    const EncodedRow encoded =
        encode_training_row(*tokenizer, conversation_template("bare_v1"), row.turns, !row.images.empty(),
                            image_tokens, 0, TurnsMode::conversation);
    fmt::print("{}\n", nlohmann::json{{"ids", encoded.ids}, {"labels", encoded.labels}}.dump());
  }
}

/// tower DIR IMAGE FILE: all hidden states of one picture, and the last one normed.
void save_hidden_states(const std::string& directory, const std::string& image, const std::string& file) {
  const auto tower = load_vision_tower(directory, at::kFloat);
  const PixelValues pixels = ImageProcessor::load(directory).process(read_image(image));
  at::Tensor hidden = tower->embeddings(at::tensor(pixels.values).view({1, 3, pixels.height, pixels.width}));
  std::vector<std::pair<std::string, at::Tensor>> states;
  const int64_t blocks = tower->config().num_hidden_layers;
  for (int64_t i = 0; i <= blocks; ++i) {
    states.emplace_back(fmt::format("hidden_states.{}", i), hidden[0]);
    if (i < blocks) hidden = tower->blocks(hidden, i, i + 1);
  }
  states.emplace_back("last_hidden_state", tower->final_norm(hidden)[0]);
  save_tensors(file, states);
}

/// gguf PATH FILE: all tensors, unpacked to float32 and otherwise as they are stored.
void unpack_gguf(const std::string& path, const std::string& file) {
  const GgufFile gguf(path);
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& [name, tensor] : gguf.tensors()) {
    at::Tensor numbers = at::empty(tensor.shape);
    dequantize(tensor.type, tensor.bytes, {numbers.data_ptr<float>(), static_cast<size_t>(numbers.numel())});
    tensors.emplace_back(name, numbers);
  }
  save_tensors(file, tensors);
}

/// adapter MODEL ADAPTER FOLDER: an adapter read and written again.
void rewrite_adapter(const std::string& directory, const std::string& adapter, const std::string& folder) {
  const auto model = LlavaCheckpoint(directory).text_model(at::kFloat);
  const PeftAdapter read(adapter);
  const LoraOptions options = load_adapter(read, *model);
  save_adapter(folder, *model, options, &read);
}

/// settings: a line {key, default, effect} for each key of adapter_config.json that imp knows.
void print_adapter_settings() {
  constexpr const char* kEffects[] = {"honoured", "none", "only_default"};
  for (const AdapterSetting& setting : adapter_settings()) {
    fmt::print("{}\n", nlohmann::json{{"key", setting.key},
                                      {"default", nlohmann::json::parse(setting.default_value)},
                                      {"effect", kEffects[static_cast<int>(setting.effect)]}}
                           .dump());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const at::NoGradGuard no_grad;
  try {
    if (arguments.size() == 4 && arguments[0] == "rows") {
      print_rows(arguments[1], arguments[2], std::stoll(arguments[3]));
    } else if (arguments.size() == 4 && arguments[0] == "tower") {
      save_hidden_states(arguments[1], arguments[2], arguments[3]);
    } else if (arguments.size() == 3 && arguments[0] == "gguf") {
      unpack_gguf(arguments[1], arguments[2]);
    } else if (arguments.size() == 1 && arguments[0] == "settings") {
      print_adapter_settings();
    } else if (arguments.size() == 4 && arguments[0] == "adapter") {
      rewrite_adapter(arguments[1], arguments[2], arguments[3]);
    } else {
      throw imp::Error(
          "usage: parity_probe rows DIR JSON IMAGE_TOKENS | tower DIR IMAGE FILE | gguf PATH FILE | adapter "
          "DIR "
          "ADAPTER FOLDER");
    }
  } catch (const imp::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.exit_code();
  }
  return 0;
}
