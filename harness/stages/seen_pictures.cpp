// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/seen_pictures.h"

#include <ATen/ATen.h>

#include "models/config/flop_count.h"
#include "models/programs/pixel_batch.h"

namespace imp::harness {

SeenPictures::SeenPictures(const StageContext& context, const at::TensorOptions& weights)
    : context_(context), weights_(weights) {
  if (context.has_input("features")) {
    cached_ = open_features(context, "test");
    withheld_ = open_features(context, "train")->mean().to(weights);
    return;
  }
  const auto adapter = initial_adapter(context.trial.config);
  vision_.emplace(load_vision(context.trial, context.spec, adapter ? &*adapter : nullptr, weights));
  processor_.emplace(models::ImageProcessor::load(vision_->processor_directory));
  const models::VisionConfig& config = vision_->tower->config();
  withheld_ = vision_->tower->features(
      at::zeros({1, config.num_channels, config.image_size, config.image_size}, weights), vision_->features);
}

at::Tensor SeenPictures::read(const std::vector<std::filesystem::path>& pictures, int threads) const {
  // By path: MME's and ScienceQA's pictures have the same names in different folders.
  if (!cached_)
    return models::pixel_batch(pictures, *processor_, vision_->tower->config().image_size, context_.device,
                               threads);
  std::vector<std::string> names;
  for (const std::filesystem::path& picture : pictures) names.push_back(picture.filename().string());
  return cached_->gather(names);
}

at::Tensor SeenPictures::features(const at::Tensor& read) const {
  const at::Tensor on_device = read.to(context_.device, /*non_blocking=*/true).to(weights_.dtype());
  if (cached_) return on_device;
  context_.add_flops(models::vision_flops(vision_->tower->config(), vision_->features, read.size(0)));
  return vision_->tower->features(on_device, vision_->features);
}

std::size_t PicturesOfWay::at_once(int64_t /*rows_of_pass*/) const {
  // Of several at once LibTorch's products would have other bits on the CPU.
  constexpr std::size_t kOnGpu = 64;
  return context_.device.is_cpu() ? 1 : kOnGpu;
}

at::Tensor PicturesOfWay::read(const std::vector<std::filesystem::path>& pictures, int threads) const {
  if (shown_ == Shown::none) return at::empty({static_cast<int64_t>(pictures.size()), 0});
  if (shown_ == Shown::as_they_are) return pictures_.read(pictures, threads);
  std::vector<std::filesystem::path> others;
  for (const std::filesystem::path& picture : pictures) others.emplace_back(others_.at(picture.string()));
  return pictures_.read(others, threads);
}

at::Tensor PicturesOfWay::projected(const at::Tensor& read) const {
  const bool none = shown_ == Shown::none;
  const at::Tensor seen =
      none ? pictures_.withheld().expand({read.size(0), -1, -1}) : pictures_.features(read);
  at::Tensor projected = projector_.forward(seen);
  context_.add_flops(models::projector_flops(seen.size(2), projected.size(2), seen.size(0) * seen.size(1)));
  return projected;
}

}  // namespace imp::harness
