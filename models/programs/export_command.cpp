// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "models/conversation/answer_end.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/programs/image_token.h"
#include "models/programs/loaded_model.h"
#include "models/tokenizer/tokenizer_files.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;

/// What of a checkpoint is neither weights nor config.json: tokenizer, preprocessing, generation settings,
/// chat template.
constexpr const char* kTokenizer[] = {"tokenizer.json",    "tokenizer_config.json",
                                      "tokenizer.model",   "special_tokens_map.json",
                                      "added_tokens.json", "vocab.json",
                                      "merges.txt"};
constexpr const char* kFurther[] = {"preprocessor_config.json", "processor_config.json",
                                    "generation_config.json", "chat_template.jinja", "chat_template.json"};

void copy_file(const fs::path& from, const fs::path& to, const char* name) {
  if (fs::exists(from / name)) write_file_atomically(to / name, read_file(from / name));
}

void copy_files(const fs::path& from, const fs::path& to) {
  for (const char* name : kTokenizer) copy_file(from, to, name);
  for (const char* name : kFurther) copy_file(from, to, name);
}

/// A tokenizer in place of another, of which nothing may stay behind.
void copy_tokenizer(const fs::path& from, const fs::path& to) {
  for (const char* name : kTokenizer) {
    fs::remove(to / name);
    copy_file(from, to, name);
  }
}

/// What transformers' LlavaProcessor must know of a LLaVA made of parts.
void write_processor_config(const LlavaConfig& llava, const fs::path& folder) {
  const nlohmann::json config = {
      {"processor_class", "LlavaProcessor"},
      {"image_token", "<image>"},
      {"patch_size", llava.vision.patch_size},
      {"num_additional_image_tokens", llava.vision.has_class_token() ? 1 : 0},
      {"vision_feature_select_strategy", llava.features.drop_first_token ? "default" : "full"}};
  write_file_atomically(folder / "processor_config.json", config.dump(2) + "\n");
}

/// Phi's head has a bias, for which transformers' LLaVA has no place.
void warn_of_head_bias(LlavaModel& model) {
  const at::Tensor bias = model.text_model->linears().back().linear->bias;
  if (!bias.defined()) return;
  const auto largest = bias.abs().max().item<double>();
  if (largest == 0) return;
  fmt::print(stderr,
             "note: lm_head.bias (largest value {:.3g}) is in the export, but transformers' LLaVA leaves it "
             "out: its "
             "logits lack that bias\n",
             largest);
}

/// The tokenizer and preprocessing of two models that become one LLaVA, which needs a token for its pictures.
void write_parts_files(const ModelOptions& options, const fs::path& folder, LlavaModel& model) {
  copy_files(options.encoder, folder);
  copy_files(options.directory, folder);
  if (const auto gguf = find_gguf(options.directory)) write_gguf_tokenizer(GgufFile(*gguf), folder);
  model.config.image_token_index = provide_image_token(folder);
  model.text_model->grow_vocabulary(model.config.image_token_index + 1);
  model.config.text = model.text_model->config();
  write_processor_config(model.config, folder);
}

/// So that transformers ends answers where imp does: in generation_config.json, and in config.json for what
/// reads that alone. Weights without a tokenizer answer nothing.
void write_answer_end(const ModelOptions& options, const fs::path& folder) {
  if (!fs::exists(folder / "tokenizer.json") && !fs::exists(folder / "tokenizer.model")) return;
  const bool trained = !options.adapter.empty() || !options.projector.empty();
  const ConversationTemplate conversation = conversation_template(options.conversation);
  const std::vector<int64_t> ends =
      end_tokens(options.directory, *Tokenizer::load(folder), trained ? &conversation : nullptr);
  if (ends.empty()) return;
  write_end_tokens(folder, ends);
  nlohmann::json config = read_config_json(folder);
  config["text_config"]["eos_token_id"] =
      ends.size() == 1 ? nlohmann::json(ends.front()) : nlohmann::json(ends);
  write_file_atomically(folder / "config.json", config.dump(2) + "\n");
}

void write_directory(const ModelOptions& options, const fs::path& folder) {
  ModelOptions on_cpu = options;
  on_cpu.device = "cpu";
  LlavaModel model = load_assembled_llava(on_cpu);
  warn_of_head_bias(model);
  if (options.encoder.empty()) {
    copy_files(options.directory, folder);
    if (const fs::path tokenizer = tokenizer_directory(options); tokenizer != options.directory)
      copy_tokenizer(tokenizer, folder);
    save_llava(folder, model, unused_tower_tensors(options.directory, model));
  } else {
    write_parts_files(options, folder, model);
    save_llava(folder, model);
  }
  write_answer_end(options, folder);
  if (compute_dtype(options) != at::kFloat) {
    nlohmann::json config = read_config_json(folder);
    config["torch_dtype"] = config["text_config"]["torch_dtype"] = config["vision_config"]["torch_dtype"] =
        options.dtype;
    write_file_atomically(folder / "config.json", config.dump(2) + "\n");
  }
}

}  // namespace

int export_command(const ModelOptions& options) {
  const at::NoGradGuard no_grad;
  const fs::path target = fs::absolute(options.output / "").lexically_normal().parent_path();
  if (fs::exists(fs::symlink_status(target))) {
    throw Error(fmt::format("{}: exists; give -o a folder that does not", options.output.string()));
  }
  fs::path aside = target;
  aside += ".aside-" + std::to_string(::getpid());
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  try {
    write_directory(options, aside);
    publish_directory(aside, target);
  } catch (...) {
    fs::remove_all(aside, ignored);
    throw;
  }
  return 0;
}

}  // namespace imp::models
