// SPDX-License-Identifier: Apache-2.0
#include "models/device/upload.h"

#include <ATen/ATen.h>

namespace imp::models {

at::Tensor upload(const std::vector<int64_t>& values, at::Device device) {
  return upload(at::tensor(values, at::kLong), device);
}

at::Tensor upload(const std::vector<int32_t>& values, at::Device device) {
  return upload(at::tensor(values, at::kInt), device);
}

at::Tensor upload(const at::Tensor& tensor, at::Device device) {
  if (device.is_cpu() || !tensor.is_cpu() || tensor.numel() == 0) return tensor.to(device);
  // The pinned copy is given back when the device has read it (CachingHostAllocator).
  const at::Tensor pinned = at::empty(tensor.sizes(), tensor.options().pinned_memory(true));
  pinned.copy_(tensor);
  return pinned.to(device, /*non_blocking=*/true);
}

}  // namespace imp::models
