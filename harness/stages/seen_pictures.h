// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "eval/run/picture_source.h"
#include "harness/stages/feature_store.h"
#include "harness/stages/model_parts.h"
#include "harness/stages/stage_context.h"

namespace imp::harness {

/// The features of a benchmark's pictures, cached or computed by the trial's vision tower on the stage's
/// device.
class SeenPictures {
 public:
  /// weights: numbers and device of the tower's.
  SeenPictures(const StageContext& context, const at::TensorOptions& weights);

  /// The CPU's work for some pictures: their cached features, on their way to the device, or their pixel
  /// values.
  [[nodiscard]] at::Tensor read(const std::vector<std::filesystem::path>& pictures, int threads) const;
  /// What read() gave -> features [pictures, image tokens, vision hidden] on the device. Counts their FLOPs.
  [[nodiscard]] at::Tensor features(const at::Tensor& read) const;
  /// [1, image tokens, vision hidden]: the mean of the training pictures' features, or those of a picture of
  /// the processor's mean colour where no training features are at hand.
  [[nodiscard]] const at::Tensor& withheld() const { return withheld_; }

 private:
  const StageContext& context_;
  at::TensorOptions weights_;
  std::unique_ptr<PictureFeatures> cached_;
  std::optional<VisionParts> vision_;
  std::optional<models::ImageProcessor> processor_;
  at::Tensor withheld_;
};

/// What a cell sees of pictures as it is asked in one way.
class PicturesOfWay : public eval::PictureSource {
 public:
  enum class Shown { as_they_are, others, none };

  PicturesOfWay(const StageContext& context, const SeenPictures& pictures, const models::Projector& projector,
                Shown shown)
      : context_(context), pictures_(pictures), projector_(projector), shown_(shown) {}

  /// For Shown::others: by path, the picture that each is replaced by.
  void replace_by(std::map<std::string, std::string> others) { others_ = std::move(others); }

  [[nodiscard]] std::size_t at_once(int64_t rows_of_pass) const override;
  [[nodiscard]] at::Tensor read(const std::vector<std::filesystem::path>& pictures,
                                int threads) const override;
  [[nodiscard]] at::Tensor projected(const at::Tensor& read) const override;

 private:
  const StageContext& context_;
  const SeenPictures& pictures_;
  const models::Projector& projector_;
  Shown shown_;
  std::map<std::string, std::string> others_;
};

}  // namespace imp::harness
