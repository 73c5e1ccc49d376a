// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace imp::models {

/// What an adapter's start has done to the base weights, which PEFT does again when it loads the adapter.
enum class BaseChange {
  none,
  pissa,  ///< W less its best approximation of rank r (singular value decomposition)
  olora,  ///< W less scaling * Q R of its first r columns (QR decomposition)
};

/// What of PEFT's adapter_config.json (LoraConfig) says how an adapter acts on a layer.
class AdapterConfig {
 public:
  /// Throws imp::Error (usage) with a line for each key that has a value of another type, that is not known,
  /// or that makes something that imp has not (adapter_settings.h).
  explicit AdapterConfig(const std::filesystem::path& file);

  /// Rank and scaling of the layer with this module path, patterns and rank-stabilised scaling applied.
  struct Layer {
    int64_t rank;
    double scaling;
  };
  [[nodiscard]] Layer layer(const std::string& path) const;

  [[nodiscard]] int64_t rank() const { return rank_; }
  /// `lora_alpha` of a plain LoRA that acts as this one does where no pattern matches.
  [[nodiscard]] double plain_alpha() const;
  [[nodiscard]] double dropout() const { return dropout_; }
  [[nodiscard]] bool use_dora() const { return use_dora_; }
  [[nodiscard]] bool lora_bias() const { return lora_bias_; }
  [[nodiscard]] bool ensure_weight_tying() const { return ensure_weight_tying_; }
  [[nodiscard]] BaseChange base_change() const { return base_change_; }
  /// Ends of the paths of modules whose tensors the file has whole.
  [[nodiscard]] const std::vector<std::string>& modules_to_save() const { return modules_to_save_; }
  /// End of an embedding's path -> the rows that the file replaces.
  [[nodiscard]] const std::map<std::string, std::vector<int64_t>>& token_indices() const {
    return token_indices_;
  }

 private:
  class Reader;
  /// A key of rank_pattern or alpha_pattern: the end of a module path, as PEFT's get_pattern_key matches it.
  struct Pattern {
    std::regex path;
    double value;
  };
  std::vector<Pattern> rank_pattern_, alpha_pattern_;
  int64_t rank_ = 0;
  double alpha_ = 0.0, dropout_ = 0.0;
  bool rank_stabilised_ = false, use_dora_ = false, lora_bias_ = false, ensure_weight_tying_ = false;
  BaseChange base_change_ = BaseChange::none;
  std::vector<std::string> modules_to_save_;
  std::map<std::string, std::vector<int64_t>> token_indices_;
};

}  // namespace imp::models
