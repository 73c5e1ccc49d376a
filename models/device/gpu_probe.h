// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace imp::models {

/// A GPU as its driver describes it.
struct Gpu {
  std::string name;            ///< "NVIDIA H200"
  std::string driver;          ///< "580.159.03", or "unknown version"
  int driver_cuda = 0;         ///< newest CUDA that the driver supports: 13000 is 13.0
  int compute_capability = 0;  ///< 90 is 9.0
  std::int64_t memory_bytes = 0;

  /// Products of bfloat16 numbers need a GPU of compute capability 8.0.
  [[nodiscard]] bool has_bfloat16() const { return compute_capability >= 80; }
  /// `NVIDIA H200, 139.8 GiB, driver 580.159.03`.
  [[nodiscard]] std::string in_words() const;
};

/// The first GPU that a program may use (CUDA_VISIBLE_DEVICES), or what stands in the way of one.
struct GpuProbe {
  std::optional<Gpu> gpu;
  std::string missing;  ///< what is missing and what would be right; empty where there is a GPU
};

/// Asks the driver. Loads no LibTorch and begins no work on the GPU. A GPU that LibTorch's libraries cannot
/// use (driver older than CUDA 13.0, compute capability below 7.5) counts as missing.
[[nodiscard]] GpuProbe probe_gpu();

}  // namespace imp::models
