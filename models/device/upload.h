// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace imp::models {

/// A tensor of the numbers, [values.size()], on the device. To a GPU they go through pinned memory, without a
/// wait for the work that it has.
[[nodiscard]] at::Tensor upload(const std::vector<int64_t>& values, at::Device device);
[[nodiscard]] at::Tensor upload(const std::vector<int32_t>& values, at::Device device);

/// A tensor in the CPU's memory, put on the device in the same way; the same tensor where it is there
/// already.
[[nodiscard]] at::Tensor upload(const at::Tensor& tensor, at::Device device);

}  // namespace imp::models
