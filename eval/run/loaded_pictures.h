// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/run/asker.h"
#include "models/programs/loaded_model.h"

namespace imp::eval {

/// Pictures as a loaded LLaVA sees them. The model must outlive it.
class LoadedPictures : public PictureSource {
 public:
  explicit LoadedPictures(const models::LoadedModel& model) : model_(model) {}

  [[nodiscard]] std::size_t at_once(std::int64_t rows_of_pass) const override;
  [[nodiscard]] at::Tensor read(const std::vector<std::filesystem::path>& pictures,
                                int threads) const override;
  [[nodiscard]] at::Tensor projected(const at::Tensor& read) const override;

 private:
  const models::LoadedModel& model_;
};

/// A loaded LLaVA's language model, to be asked; it must outlive the result.
[[nodiscard]] AskedModel asked_model(const models::LoadedModel& model, std::int64_t beams);

}  // namespace imp::eval
