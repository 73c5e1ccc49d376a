// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace imp::models {

/// What of PEFT's adapter_config.json (LoraConfig) says how an adapter acts on a layer.
class AdapterConfig {
 public:
  /// Throws imp::Error (usage) naming file and key for a value of another type and for every setting that
  /// changes the adapter's effect in a way that imp has not (DoRA, biases, another peft_type, ...).
  explicit AdapterConfig(const std::filesystem::path& file);

  /// Rank, scaling and dropout of the layer with this module path, patterns and rank-stabilised scaling
  /// applied; its matrices stay undefined.
  struct Layer {
    int64_t rank;
    double scaling;
  };
  [[nodiscard]] Layer layer(const std::string& path) const;

  [[nodiscard]] int64_t rank() const { return rank_; }
  /// `lora_alpha` of a plain LoRA that acts as this one does where no pattern matches.
  [[nodiscard]] double plain_alpha() const;
  [[nodiscard]] double dropout() const { return dropout_; }

 private:
  /// A key of rank_pattern or alpha_pattern: the end of a module path, as PEFT's get_pattern_key matches it.
  struct Pattern {
    std::regex path;
    double value;
  };
  std::vector<Pattern> rank_pattern_, alpha_pattern_;
  int64_t rank_ = 0;
  double alpha_ = 0.0, dropout_ = 0.0;
  bool rank_stabilised_ = false;
};

}  // namespace imp::models
