// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/stages/feature_extractor.h"
#include "harness/stages/picture_batches.h"
#include "harness/stages/picture_features.h"

namespace imp::harness {

/// Image features of a set of pictures, computed once per encoder and mapped from disk.
class FeatureStore : public PictureFeatures {
 public:
  /// Opens `<folder>/<set>.safetensors` and `<set>.json` for a model on the device. Throws imp::Error (usage)
  /// if they do not fit.
  FeatureStore(const std::filesystem::path& folder, const std::string& set, at::Device device = at::kCPU);

  [[nodiscard]] at::Tensor gather(const std::vector<std::string>& names) const override;
  [[nodiscard]] at::Tensor mean() const override { return mean_; }
  [[nodiscard]] int64_t image_tokens() const override { return features_.size(1); }
  [[nodiscard]] int64_t hidden() const override { return features_.size(2); }

 private:
  at::Tensor features_, mean_;
  at::Device device_;
  std::unordered_map<std::string, int64_t> row_of_;
};

/// Computes the features of the named pictures below `images` and writes the set; `progress(done)` is called
/// between batches and may throw. Throws imp::Error naming a picture that cannot be decoded.
void write_features(const std::filesystem::path& folder, const std::string& set,
                    const std::vector<std::string>& names, const std::filesystem::path& images,
                    const FeatureExtractor& extractor, const std::function<void(int64_t)>& progress);

}  // namespace imp::harness
