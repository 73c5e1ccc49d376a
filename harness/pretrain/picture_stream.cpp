// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/picture_stream.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace imp::harness {
namespace {

/// Plain pictures with one sign first; full difficulty after the first third of the run: hard ones from the
/// start are not learned in an hour.
double difficulty_at(int64_t step, int64_t total_steps) {
  const double progress = static_cast<double>(step) / static_cast<double>(std::max<int64_t>(1, total_steps));
  return std::min(1.0, 0.1 + 2.7 * progress);
}

}  // namespace

PictureStream::PictureStream(const SceneSampler& sampler, const Renderer& renderer, int64_t batch_size,
                             int64_t total_steps)
    : sampler_(sampler), renderer_(renderer), batch_size_(batch_size), total_steps_(total_steps) {}

PictureBatch PictureStream::render(int64_t step) const {
  PictureBatch batch;
  const int64_t size = renderer_.resolution();
  batch.pictures = at::empty({batch_size_, size, size, 3}, at::kByte);
  auto* pixels = batch.pictures.data_ptr<uint8_t>();
  const double difficulty = difficulty_at(step, total_steps_);
  for (int64_t i = 0; i < batch_size_; ++i) {
    batch.scenes.push_back(sampler_.sample(static_cast<uint64_t>(step * batch_size_ + i), difficulty));
    renderer_.render_into(batch.scenes.back(),
                          {pixels + static_cast<size_t>(i) * renderer_.bytes(), renderer_.bytes()});
    batch.places.push_back(renderer_.places(batch.scenes.back()));
  }
  return batch;
}

PictureBatch PictureStream::take(int64_t step) {
  PictureBatch batch = ahead_step_ == step && ahead_.valid() ? ahead_.get() : render(step);
  ahead_step_ = step + 1;
  ahead_ = std::async(std::launch::async, [this, next = step + 1] { return render(next); });
  return batch;
}

}  // namespace imp::harness
