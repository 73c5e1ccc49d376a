// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <future>
#include <vector>

#include "harness/data/renderer.h"
#include "harness/data/scene_sampler.h"

namespace imp::harness {

/// A batch of rendered pictures with what they show and where.
struct PictureBatch {
  at::Tensor pictures;  ///< [batch, size, size, 3] uint8
  std::vector<Scene> scenes;
  std::vector<Places> places;
};

/// Renders the pictures of encoder pretraining on the fly, one batch ahead of the training step.
/// Batch `b` is a pure function of the sampler's parameters, b and the curriculum.
class PictureStream {
 public:
  /// sampler and renderer must outlive the stream.
  PictureStream(const SceneSampler& sampler, const Renderer& renderer, int64_t batch_size,
                int64_t total_steps);

  /// The batch of a step; the next one is begun in the background.
  [[nodiscard]] PictureBatch take(int64_t step);

 private:
  [[nodiscard]] PictureBatch render(int64_t step) const;

  const SceneSampler& sampler_;
  const Renderer& renderer_;
  int64_t batch_size_, total_steps_;
  int64_t ahead_step_ = -1;
  std::future<PictureBatch> ahead_;
};

}  // namespace imp::harness
