// SPDX-License-Identifier: Apache-2.0
#include "models/programs/pixel_batch.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "models/image/codec.h"
#include "models/io/error.h"
#include "models/io/parallel_for.h"

namespace imp::models {

at::Tensor pixel_batch(const std::vector<std::filesystem::path>& files, const ImageProcessor& processor,
                       int64_t size, at::Device device, int threads) {
  const auto pictures = static_cast<int64_t>(files.size());
  const at::Tensor pixels =
      at::empty({pictures, 3, size, size}, at::TensorOptions(at::kFloat).pinned_memory(!device.is_cpu()));
  auto* const first = pixels.mutable_data_ptr<float>();
  parallel_for(static_cast<int>(pictures), threads, [&](int i) {
    const PixelValues values = processor.process(read_image(files[static_cast<size_t>(i)]));
    if (values.height != size || values.width != size) {
      throw Error(
          fmt::format("the preprocessor makes pictures of {} x {} pixels; the vision tower takes {} x {}",
                      values.height, values.width, size, size));
    }
    std::copy(values.values.begin(), values.values.end(), first + i * 3 * size * size);
  });
  return pixels;
}

}  // namespace imp::models
