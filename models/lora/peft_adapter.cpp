// SPDX-License-Identifier: Apache-2.0
#include "models/lora/peft_adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "models/io/error.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;

std::string leaf_of(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

/// The safetensors file `stem` of a directory; where it is only pickled, the pickle, which is refused with
/// the line that converts it; empty where there is neither.
fs::path weights_file(const fs::path& directory, const std::string& stem) {
  for (const char* ending : {".safetensors", ".bin"}) {
    fs::path file = directory / (stem + ending);
    if (fs::exists(file)) return file;
  }
  return {};
}

}  // namespace

PeftAdapter::PeftAdapter(fs::path directory)
    : directory_(std::move(directory)), config_(directory_ / "adapter_config.json") {
  const fs::path own = weights_file(directory_, "adapter_model");
  if (own.empty())
    throw Error(directory_.string() +
                ": has no adapter_model.safetensors, where PEFT keeps an adapter's tensors");
  // LLaVA's own code keeps the projector that it trains beside an adapter in a file of its own.
  if (const fs::path beside = weights_file(directory_, "non_lora_trainables"); !beside.empty())
    add_tensors(beside);
  add_tensors(own);
  check_modules();
  check_token_rows();
  check_saved_modules();
}

void PeftAdapter::add_tensors(const fs::path& file) {
  const auto weights = std::make_shared<CheckpointWeights>(file);
  for (const std::string& name : weights->names()) {
    const StoredTensor stored{weights, name, parse_adapter_name(name)};
    if (stored.parsed.role == TensorRole::whole_parameter) {
      parameters_.insert_or_assign(stored.parsed.path, stored);
    } else {
      modules_[stored.parsed.path].insert_or_assign(stored.parsed.role, stored);
    }
  }
}

void PeftAdapter::check_modules() const {
  const auto refuse = [](const StoredTensor& tensor, const std::string& what) {
    throw Error(fmt::format("{}: '{}' {}", tensor.file->path().string(), tensor.name, what));
  };
  for (const auto& [path, module] : modules_) {
    const auto check_pair = [&, &module = module](TensorRole a, TensorRole b, const char* name_a,
                                                  const char* name_b) {
      if (module.contains(a) == module.contains(b)) return;
      const bool has_a = module.contains(a);
      refuse(module.at(has_a ? a : b), fmt::format("has no '{}' beside it", has_a ? name_b : name_a));
    };
    check_pair(TensorRole::lora_A, TensorRole::lora_B, "lora_A", "lora_B");
    check_pair(TensorRole::embedding_A, TensorRole::embedding_B, "lora_embedding_A", "lora_embedding_B");
    const bool has_lora = module.contains(TensorRole::lora_A) || module.contains(TensorRole::embedding_A);
    if (has_lora && module.contains(TensorRole::magnitude) != config_.use_dora()) {
      refuse(module.begin()->second, fmt::format("has {} lora_magnitude_vector beside it, but use_dora is {}",
                                                 config_.use_dora() ? "no" : "a", config_.use_dora()));
    }
    if (module.contains(TensorRole::lora_B_bias) && !config_.lora_bias())
      refuse(module.at(TensorRole::lora_B_bias), "is given, but lora_bias is false");
    if (module.contains(TensorRole::token_rows) && config_.token_indices().empty())
      refuse(module.at(TensorRole::token_rows), "is given, but trainable_token_indices is not");
    if (!has_lora && !module.contains(TensorRole::token_rows))
      refuse(module.begin()->second, "has no 'lora_A' beside it");
  }
}

void PeftAdapter::check_token_rows() const {
  const bool found = std::any_of(modules_.begin(), modules_.end(), [](const auto& entry) {
    return entry.second.contains(TensorRole::token_rows);
  });
  if (found || config_.token_indices().empty()) return;
  throw Error(fmt::format("{}: trainable_token_indices is given, but {} has no tensor of their rows",
                          (directory_ / "adapter_config.json").string(),
                          weights_file(directory_, "adapter_model").filename().string()));
}

void PeftAdapter::check_saved_modules() const {
  // PEFT passes over a name that is no module of the model.
  constexpr std::array<std::string_view, 6> kModules{"embed_tokens", "lm_head",  "multi_modal_projector",
                                                     "linear_1",     "linear_2", "vision_tower"};
  for (const std::string& name : config_.modules_to_save()) {
    const std::string leaf = leaf_of(name);
    const bool known = std::find(kModules.begin(), kModules.end(), leaf) != kModules.end();
    const bool found = std::any_of(parameters_.begin(), parameters_.end(), [&](const auto& entry) {
      return ("." + entry.second.parsed.spelled).find("." + leaf + ".") != std::string::npos;
    });
    if (found || !known) continue;
    throw Error(fmt::format("{}: modules_to_save has '{}', but {} has no tensor of it",
                            (directory_ / "adapter_config.json").string(), name,
                            weights_file(directory_, "adapter_model").filename().string()));
  }
}

bool PeftAdapter::changes(ModelPart part) const {
  const auto lies_there = [part](const auto& entry) { return part_of(entry.first) == part; };
  return std::any_of(modules_.begin(), modules_.end(), lies_there) ||
         std::any_of(parameters_.begin(), parameters_.end(), lies_there);
}

bool PeftAdapter::saves_module(const std::string& path) const {
  const auto found = parameters_.find(path + ".weight");
  if (found == parameters_.end()) return false;
  std::string spelled = found->second.parsed.spelled;
  spelled.resize(spelled.rfind('.'));
  const std::vector<std::string>& saved = config_.modules_to_save();
  // PEFT compares ends; a whole path may be another layout's, whose leaf is the same.
  return std::any_of(saved.begin(), saved.end(), [&](const std::string& name) {
    return spelled.ends_with(name) || leaf_of(spelled) == leaf_of(name);
  });
}

}  // namespace imp::models
