// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "models/lora/adapter_config.h"
#include "models/lora/adapter_names.h"
#include "models/weights/safetensors.h"

namespace imp::models {

/// A tensor in one of an adapter's files.
struct StoredTensor {
  std::shared_ptr<CheckpointWeights> file;
  std::string name;
  AdapterTensorName parsed;
};

/// An adapter's tensors of one module, by what they are.
using AdapterModule = std::map<TensorRole, StoredTensor>;

/// A PEFT directory, or the folder of a LoRA run of LLaVA's own code: adapter_config.json, the names and
/// shapes of adapter_model.safetensors, and those of non_lora_trainables.safetensors if it lies beside.
/// Needs no LibTorch; merge_adapter and load_adapter put it into a model.
class PeftAdapter {
 public:
  /// Throws imp::Error (usage) naming the key or tensor that is no adapter's or has no partner, a file that
  /// is absent, and pickled files with the line that converts them.
  explicit PeftAdapter(std::filesystem::path directory);

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] const AdapterConfig& config() const { return config_; }
  /// Modules with an adapter by their path (AdapterTensorName).
  [[nodiscard]] const std::map<std::string, AdapterModule>& modules() const { return modules_; }
  /// Parameters that the files have whole, by their path.
  [[nodiscard]] const std::map<std::string, StoredTensor>& parameters() const { return parameters_; }
  /// Whether any tensor belongs to that part of a LLaVA.
  [[nodiscard]] bool changes(ModelPart part) const;
  /// Whether the module with this path is saved whole because modules_to_save names it.
  [[nodiscard]] bool saves_module(const std::string& path) const;

 private:
  void add_tensors(const std::filesystem::path& file);
  void check_modules() const;
  void check_token_rows() const;
  void check_saved_modules() const;

  std::filesystem::path directory_;
  AdapterConfig config_;
  std::map<std::string, AdapterModule> modules_;
  std::map<std::string, StoredTensor> parameters_;
};

}  // namespace imp::models
