// SPDX-License-Identifier: Apache-2.0
#include "models/generation/generation_limits.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>

namespace imp::models {
namespace {

/// What the driver and LibTorch's allocator together could give.
int64_t free_bytes(at::Device device) {
  auto* const allocator = c10::getDeviceAllocator(device.type());
  const auto statistics = allocator->getDeviceStats(device.index());
  const int64_t kept = statistics.reserved_bytes[0].current - statistics.allocated_bytes[0].current;
  return static_cast<int64_t>(allocator->getMemoryInfo(device.index()).first) + kept;
}

}  // namespace

int64_t kv_budget(int64_t asked, at::Device device) {
  constexpr int64_t kOnCpu = int64_t{1} << 30;
  if (device.is_cpu()) return asked > 0 ? asked : kOnCpu;
  const int64_t free = free_bytes(device);
  return asked > 0 ? std::min(asked, free / 10 * 9) : free / 2;
}

int64_t rows_of_pass(int64_t asked, at::Device device) {
  constexpr int64_t kOnCpu = 512, kOnGpu = 16384;
  if (asked > 0) return asked;
  return device.is_cpu() ? kOnCpu : kOnGpu;
}

}  // namespace imp::models
