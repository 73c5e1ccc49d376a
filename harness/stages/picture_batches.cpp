// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/picture_batches.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>

#include "models/image/codec.h"
#include "models/io/error.h"
#include "models/io/parallel_for.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

/// Puts a picture's pixel values into its place of the batch.
void fill(at::Tensor& batch, std::size_t place, const models::PixelValues& pixels, const fs::path& file) {
  if (pixels.height != batch.size(2) || pixels.width != batch.size(3)) {
    throw Error(
        fmt::format("{}: becomes pixel values of {} x {} beside others of {} x {}; the processor must bring "
                    "all pictures to one size",
                    file.string(), pixels.height, pixels.width, batch.size(2), batch.size(3)));
  }
  std::copy(pixels.values.begin(), pixels.values.end(),
            batch.mutable_data_ptr<float>() + place * pixels.values.size());
}

}  // namespace

PictureReading reading_for(at::Device device) {
  return {at::get_num_threads(), !device.is_cpu()};
}

at::Tensor read_pixel_values(const std::vector<fs::path>& files, const models::ImageProcessor& processor,
                             const PictureReading& reading) {
  if (files.empty()) return at::empty({0, 3, 0, 0});
  const auto process = [&](std::size_t i) { return processor.process(models::read_image(files[i])); };
  const models::PixelValues first = process(0);  // says how large all are
  at::Tensor batch = at::empty({static_cast<int64_t>(files.size()), 3, first.height, first.width},
                               at::TensorOptions(at::kFloat).pinned_memory(reading.pinned));
  fill(batch, 0, first, files.front());
  const int others = static_cast<int>(files.size()) - 1;
  parallel_for(others, std::min(reading.threads, others), [&](int i) {
    const auto place = static_cast<std::size_t>(i) + 1;
    fill(batch, place, process(place), files[place]);
  });
  return batch;
}

at::Tensor load_pixel_values(const std::vector<fs::path>& files, const models::ImageProcessor& processor) {
  return read_pixel_values(files, processor, reading_for(at::kCPU));
}

PictureBatches::PictureBatches(const std::vector<fs::path>& files, const models::ImageProcessor& processor,
                               int64_t batch, int ahead, const PictureReading& reading)
    : files_(files),
      processor_(processor),
      batch_(static_cast<std::size_t>(batch)),
      ahead_(static_cast<std::size_t>(ahead)),
      reading_(reading) {
  if (ahead_ > 0) reader_ = std::jthread([this](const std::stop_token& stop) { read_all(stop); });
}

PictureBatches::~PictureBatches() {
  reader_.request_stop();
}

std::vector<fs::path> PictureBatches::files_of(std::size_t start) const {
  const auto at = [&](std::size_t i) { return files_.begin() + static_cast<std::ptrdiff_t>(i); };
  return {at(start), at(std::min(files_.size(), start + batch_))};
}

void PictureBatches::read_all(const std::stop_token& stop) {
  for (std::size_t start = 0; start < files_.size(); start += batch_) {
    at::Tensor batch;
    std::exception_ptr failure;
    try {
      batch = read_pixel_values(files_of(start), processor_, reading_);
    } catch (...) {
      failure = std::current_exception();
    }
    if (!put(stop, std::move(batch), failure) || failure) return;
  }
}

bool PictureBatches::put(const std::stop_token& stop, at::Tensor batch, std::exception_ptr failure) {
  std::unique_lock lock(guard_);
  if (!changed_.wait(lock, stop, [&] { return ready_.size() < ahead_; })) return false;
  ready_.push_back({std::move(batch), std::move(failure)});
  changed_.notify_all();
  return true;
}

at::Tensor PictureBatches::next() {
  if (taken_ >= files_.size()) return {};
  const std::size_t start = taken_;
  taken_ += batch_;
  if (ahead_ == 0) return read_pixel_values(files_of(start), processor_, reading_);
  std::unique_lock lock(guard_);
  changed_.wait(lock, [&] { return !ready_.empty(); });
  Read read = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  if (!read.failure) return read.batch;
  taken_ = files_.size();  // nothing is read after it
  std::rethrow_exception(read.failure);
}

}  // namespace imp::harness
