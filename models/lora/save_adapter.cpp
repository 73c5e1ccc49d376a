// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/io/file.h"
#include "models/lora/adapter_tensor.h"
#include "models/lora/lora_adapter.h"

namespace imp::models {
namespace {

using nlohmann::json;

/// A module's path in a LLaVA of transformers 5.
std::string llava_path(const std::string& path) {
  return peft_path(path).substr(std::string_view(kPeftPrefix).size());
}

/// The same for a module of an adapter's file: the names inside of its tower stay as they are spelled.
std::string llava_path(const StoredTensor& stored) {
  const AdapterTensorName& name = stored.parsed;
  if (part_of(name.path) != ModelPart::vision) return llava_path(name.path);
  return "model." + name.spelled.substr(name.spelled.find("vision_tower."));
}

/// The key that a tensor of an adapter's file gets in another file.
std::string written_name(const StoredTensor& stored) {
  std::string path = llava_path(stored);
  if (stored.parsed.of_base_layer) path.insert(path.rfind('.'), ".base_layer");
  return kPeftPrefix + path + stored.parsed.ending;
}

/// The end of a LLaVA's module path, the same whatever is around, as a regular expression.
std::string pattern_of(const std::string& path) {
  std::string pattern;
  for (const char c : path.starts_with("model.") ? path.substr(6) : path)
    pattern += c == '.' ? "\\." : std::string(1, c);
  return pattern;
}

/// What training leaves as it is: all but LoRA of the language model's layers and of the projector, which is
/// trained whole.
bool stays_as_it_is(const std::string& path, const AdapterModule& module) {
  const ModelPart part = part_of(path);
  return part == ModelPart::vision || (part == ModelPart::text && !module.contains(TensorRole::lora_A));
}

/// Modules that are to be named by one regular expression, as PEFT's target_modules matches whole paths.
class AdaptedModules {
 public:
  /// Adds a module by its path in a LLaVA.
  void add(const std::string& path) {
    const std::string leaf = path.substr(path.rfind('.') + 1);
    std::vector<std::string>* leaves = &others_;
    if (path.find("vision_tower.") != std::string::npos) {
      leaves = &vision_;
    } else if (path.find("language_model.") != std::string::npos) {
      leaves = &text_;
    }
    if (std::find(leaves->begin(), leaves->end(), leaf) == leaves->end()) leaves->push_back(leaf);
  }

  [[nodiscard]] std::string expression() const {
    // Each part by itself: the vision tower's layers may carry the same names as the language model's.
    std::string all;
    const auto add_part = [&](const char* before, const std::vector<std::string>& leaves) {
      if (leaves.empty()) return;
      all += fmt::format("{}{}({})", all.empty() ? "" : "|", before, fmt::join(leaves, "|"));
    };
    add_part(".*language_model.*\\.", text_);
    add_part(".*vision_tower.*\\.", vision_);
    add_part("(.*\\.)?", others_);
    return all;
  }

 private:
  std::vector<std::string> text_, vision_, others_;
};

/// What goes into the two files of a PEFT directory.
class AdapterFiles {
 public:
  explicit AdapterFiles(const LoraOptions& options) : options_(options) {}

  /// The adapters that stand on the model's layers.
  void add_trained(TextModel& model) {
    visit_adapter(model,
                  [&](const std::string& name, at::Tensor& tensor) { tensors_.emplace_back(name, tensor); });
    for (const NamedLinear& entry : model.linears()) {
      if (!entry.linear->adapter) continue;
      const LoraAdapter& adapter = *entry.linear->adapter;
      add_module(llava_path(entry.name), adapter.lora_A.size(0), adapter.scaling);
    }
  }

  /// What training has left as it was.
  void add_kept(const PeftAdapter& adapter) {
    for (const auto& [path, module] : adapter.modules()) {
      if (!stays_as_it_is(path, module)) continue;
      const StoredTensor& first = module.begin()->second;
      const AdapterConfig::Layer layer = adapter.config().layer(first.parsed.spelled);
      add_module(llava_path(first), layer.rank, layer.scaling);
      for (const auto& [role, stored] : module)
        tensors_.emplace_back(written_name(stored), whole_tensor(stored));
    }
    for (const auto& [path, stored] : adapter.parameters())
      if (part_of(path) != ModelPart::projector)
        tensors_.emplace_back(written_name(stored), whole_tensor(stored));
    // PEFT reads whole tensors into the base's, but for copies that stay apart where the base ties the two.
    if (adapter.config().ensure_weight_tying()) return;
    if (adapter.saves_module("model.embed_tokens")) modules_to_save_.push_back("embed_tokens");
    if (adapter.saves_module("lm_head")) modules_to_save_.push_back("lm_head");
  }

  void write(const std::filesystem::path& directory) const {
    const json config = {{"peft_type", "LORA"},
                         {"task_type", nullptr},
                         {"base_model_name_or_path", nullptr},
                         {"r", options_.rank},
                         {"lora_alpha", options_.alpha},
                         {"lora_dropout", options_.dropout},
                         {"bias", "none"},
                         {"fan_in_fan_out", false},
                         {"inference_mode", true},
                         {"init_lora_weights", true},
                         {"use_rslora", false},
                         {"rank_pattern", rank_pattern_},
                         {"alpha_pattern", alpha_pattern_},
                         {"use_dora", false},
                         {"modules_to_save", modules_to_save_},
                         {"target_modules", adapted_.expression()}};
    save_tensors(directory / "adapter_model.safetensors", tensors_);
    write_file_atomically(directory / "adapter_config.json", config.dump(2) + "\n");
  }

 private:
  void add_module(const std::string& path, int64_t rank, double scaling) {
    const double alpha = scaling * static_cast<double>(rank);
    if (rank != options_.rank) rank_pattern_[pattern_of(path)] = rank;
    if (std::abs(alpha - options_.alpha) > 1e-9 * std::abs(options_.alpha))
      alpha_pattern_[pattern_of(path)] = alpha;
    adapted_.add(path);
  }

  const LoraOptions& options_;
  std::vector<std::pair<std::string, at::Tensor>> tensors_;
  AdaptedModules adapted_;
  json rank_pattern_ = json::object(), alpha_pattern_ = json::object(), modules_to_save_ = nullptr;
};

}  // namespace

void save_adapter(const std::filesystem::path& directory, TextModel& model, const LoraOptions& options,
                  const PeftAdapter* continued) {
  AdapterFiles files(options);
  files.add_trained(model);
  if (continued != nullptr) files.add_kept(*continued);
  files.write(directory);
}

}  // namespace imp::models
