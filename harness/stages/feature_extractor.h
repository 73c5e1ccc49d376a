// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "harness/stages/model_parts.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"
#include "models/image/image_processor.h"
#include "models/vision/vision_tower.h"

namespace imp::harness {

/// How pictures become features.
struct FeatureExtractor {
  const models::VisionTower& tower;
  const models::ImageProcessor& processor;
  models::FeatureSelection features;
  at::TensorOptions options = at::kFloat;     ///< device and number format of the tower
  at::ScalarType number_format = at::kFloat;  ///< of the features

  /// Features of pixel_values, [pictures, image tokens, hidden], on the tower's device.
  [[nodiscard]] at::Tensor extract(const at::Tensor& pixel_values) const;
};

/// Number format of a trial's features: that of its products where the configuration says so, else float32.
[[nodiscard]] at::ScalarType features_format(const TrialConfig& config);

/// Device and number format of a stage's tower. On a CPU it computes in float32 always.
[[nodiscard]] at::TensorOptions tower_options(const StageContext& context);

/// The tower behind a stage's features. adapter: that changes it, or nullptr.
[[nodiscard]] VisionParts load_tower(const StageContext& context, const models::PeftAdapter* adapter);

/// Names of every picture that training on a stage's data may ask for, each once, without those that the
/// pictures stage has left out.
[[nodiscard]] std::vector<std::string> training_pictures(const StageContext& context,
                                                         const RowsLocation& rows);

}  // namespace imp::harness
