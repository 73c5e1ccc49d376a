// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/programs/loaded_model.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;

/// What of a checkpoint is neither weights nor config.json: tokenizer, preprocessing, generation settings,
/// chat template.
constexpr const char* kCopied[] = {"tokenizer.json",
                                   "tokenizer_config.json",
                                   "tokenizer.model",
                                   "special_tokens_map.json",
                                   "added_tokens.json",
                                   "vocab.json",
                                   "merges.txt",
                                   "preprocessor_config.json",
                                   "processor_config.json",
                                   "generation_config.json",
                                   "chat_template.jinja",
                                   "chat_template.json"};

void write_directory(const ModelOptions& options, const fs::path& folder) {
  LlavaModel model = load_assembled_llava(options);
  save_llava(folder, model, unused_tower_tensors(options.directory, model));
  if (compute_dtype(options) != at::kFloat) {
    nlohmann::json config = read_config_json(folder);
    config["torch_dtype"] = config["text_config"]["torch_dtype"] = config["vision_config"]["torch_dtype"] =
        options.dtype;
    write_file_atomically(folder / "config.json", config.dump(2) + "\n");
  }
  for (const char* name : kCopied) {
    if (fs::exists(options.directory / name)) {
      write_file_atomically(folder / name, read_file(options.directory / name));
    }
  }
}

}  // namespace

int export_command(const ModelOptions& options) {
  const at::NoGradGuard no_grad;
  const fs::path target = fs::absolute(options.output / "").lexically_normal().parent_path();
  if (fs::exists(target)) {
    throw Error(fmt::format("{}: exists; give -o a folder that does not", options.output.string()));
  }
  fs::path aside = target;
  aside += ".partial";
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
