// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/stages/feature_extractor.h"
#include "harness/stages/picture_features.h"

namespace imp::harness {

/// Image features that the encoder computes as they are asked for.
class ComputedFeatures : public PictureFeatures {
 public:
  /// Pictures of a mean at most: it is taken over a fixed sample of the set, evenly spread over its order.
  static constexpr std::size_t kSample = 512;

  /// images: the folder that names start from. set: all names, for the mean. context: counts the FLOPs.
  ComputedFeatures(const StageContext& context, VisionParts vision, std::filesystem::path images,
                   const std::vector<std::string>& set);

  [[nodiscard]] at::Tensor gather(const std::vector<std::string>& names) const override;
  [[nodiscard]] at::Tensor mean() const override;
  [[nodiscard]] int64_t image_tokens() const override;
  [[nodiscard]] int64_t hidden() const override;

 private:
  [[nodiscard]] FeatureExtractor extractor() const;

  const StageContext& context_;
  VisionParts vision_;
  models::ImageProcessor processor_;
  std::filesystem::path images_;
  std::vector<std::string> sample_;
};

}  // namespace imp::harness
