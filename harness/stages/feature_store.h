// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/image/image_processor.h"
#include "models/vision/vision_tower.h"

namespace imp::harness {

/// Image features of a set of pictures, computed once per encoder and mapped from disk.
class FeatureStore {
 public:
  /// Opens `<folder>/<set>.safetensors` and `<set>.json`. Throws imp::Error (usage) if they do not fit.
  FeatureStore(const std::filesystem::path& folder, const std::string& set);

  /// Features of named pictures, [pictures, image tokens, vision hidden] float32.
  /// Throws imp::Error (usage) naming a picture that is not in the set.
  [[nodiscard]] at::Tensor gather(const std::vector<std::string>& names) const;
  /// Mean over the pictures, [1, image tokens, vision hidden]: what a model sees of a picture that is
  /// withheld.
  [[nodiscard]] const at::Tensor& mean() const { return mean_; }
  [[nodiscard]] int64_t image_tokens() const { return features_.size(1); }
  [[nodiscard]] int64_t hidden() const { return features_.size(2); }

 private:
  at::Tensor features_, mean_;
  std::unordered_map<std::string, int64_t> row_of_;
};

/// How pictures become features.
struct FeatureExtractor {
  const models::VisionTower& tower;
  const models::ImageProcessor& processor;
  models::FeatureSelection features;
  at::Device device = at::kCPU;
};

/// Computes the features of the named pictures below `images` and writes the set; `progress(done)` is called
/// between batches and may throw. Throws imp::Error naming a picture that cannot be decoded.
void write_features(const std::filesystem::path& folder, const std::string& set,
                    const std::vector<std::string>& names, const std::filesystem::path& images,
                    const FeatureExtractor& extractor, const std::function<void(int64_t)>& progress);

/// pixel_values of picture files, [pictures, 3, size, size] float32.
[[nodiscard]] at::Tensor load_pixel_values(const std::vector<std::filesystem::path>& files,
                                           const models::ImageProcessor& processor);

}  // namespace imp::harness
