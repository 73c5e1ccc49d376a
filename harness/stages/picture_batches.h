// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "models/image/image_processor.h"

namespace imp::harness {

/// How picture files are read.
struct PictureReading {
  int threads = 1;
  bool pinned = false;  ///< into memory that a GPU copies from by itself
};

/// For a model on this device: pinned for a GPU, on as many threads as LibTorch computes with.
[[nodiscard]] PictureReading reading_for(at::Device device);

/// pixel_values of picture files, [pictures, 3, height, width] float32, in their order. Throws imp::Error
/// naming a file that cannot be decoded or whose size is not that of the others.
[[nodiscard]] at::Tensor read_pixel_values(const std::vector<std::filesystem::path>& files,
                                           const models::ImageProcessor& processor,
                                           const PictureReading& reading);
/// On as many threads as LibTorch computes with.
[[nodiscard]] at::Tensor load_pixel_values(const std::vector<std::filesystem::path>& files,
                                           const models::ImageProcessor& processor);

/// Picture files as batches of pixel_values, read while the model works on those before.
class PictureBatches {
 public:
  /// files, processor: outlive this. batch: pictures at once. ahead: batches that wait at most; 0: each is
  /// read when it is asked for.
  PictureBatches(const std::vector<std::filesystem::path>& files, const models::ImageProcessor& processor,
                 int64_t batch, int ahead, const PictureReading& reading);
  /// Ends the reading, whatever has been asked for.
  ~PictureBatches();
  PictureBatches(const PictureBatches&) = delete;
  PictureBatches& operator=(const PictureBatches&) = delete;

  /// The next batch as read_pixel_values; undefined after the last. Throws what its reading threw.
  [[nodiscard]] at::Tensor next();

 private:
  [[nodiscard]] std::vector<std::filesystem::path> files_of(std::size_t start) const;
  void read_all(const std::stop_token& stop);
  /// Waits for a free place and puts a batch there, or what went wrong. False when it is to stop.
  bool put(const std::stop_token& stop, at::Tensor batch, std::exception_ptr failure);

  struct Read {
    at::Tensor batch;
    std::exception_ptr failure;
  };

  const std::vector<std::filesystem::path>& files_;
  const models::ImageProcessor& processor_;
  std::size_t batch_, ahead_;
  PictureReading reading_;
  std::size_t taken_ = 0;  ///< files of the batches that were asked for
  std::mutex guard_;
  std::condition_variable_any changed_;
  std::deque<Read> ready_;
  std::jthread reader_;  ///< last, so that it ends before what it uses
};

}  // namespace imp::harness
