// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/stages/stage_context.h"

namespace imp::harness {

/// Image features of a set of pictures, stored or computed.
class PictureFeatures {
 public:
  PictureFeatures() = default;
  virtual ~PictureFeatures() = default;
  PictureFeatures(const PictureFeatures&) = delete;
  PictureFeatures& operator=(const PictureFeatures&) = delete;

  /// Features of named pictures, [pictures, image tokens, hidden], on the device that they were opened for:
  /// float32 on a CPU, the number format of the trial's features on a GPU, where converting costs nothing.
  /// Throws imp::Error (usage) naming a picture that is not in the set or cannot be read.
  [[nodiscard]] virtual at::Tensor gather(const std::vector<std::string>& names) const = 0;
  /// Mean over the pictures, [1, image tokens, hidden] float32 on the CPU: what a model sees of a picture
  /// that is withheld.
  [[nodiscard]] virtual at::Tensor mean() const = 0;
  [[nodiscard]] virtual int64_t image_tokens() const = 0;
  /// Numbers of a feature.
  [[nodiscard]] virtual int64_t hidden() const = 0;
};

/// The features that a training or evaluation is made from: those of its features stage where that is there,
/// else computed by the trial's encoder as they are asked for. set: `train`, or `test` of rendered data. The
/// context outlives them. Throws imp::Error.
[[nodiscard]] std::unique_ptr<PictureFeatures> open_features(const StageContext& context,
                                                             const std::string& set);

}  // namespace imp::harness
