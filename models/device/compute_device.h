// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <c10/core/Stream.h>

#include <cstdint>
#include <optional>
#include <string>

namespace imp::models {

/// The device that a configuration's key or a program's option `device` names: `cpu`; `cuda`; `auto`, which
/// is CUDA where there is a GPU that can be used. Loads LibTorch's CUDA libraries where it gives CUDA, which
/// must happen before the process's first backward pass, since LibTorch counts devices there. Throws
/// imp::Error (environment) saying what is missing for `cuda`: driver, library, memory.
[[nodiscard]] at::Device resolve_device(const std::string& name);

/// `cpu`, or the GPU's name and driver.
[[nodiscard]] std::string describe(at::Device device);

/// Whether products of bfloat16 numbers run on the device's own units. On the CPU: true, at its own speed.
[[nodiscard]] bool has_bfloat16(at::Device device);

/// Memory of a device that LibTorch has taken, in bytes; zeros for the CPU
/// (harness/executor/process_memory.h).
struct DeviceMemory {
  std::int64_t allocated = 0;       ///< by tensors, now
  std::int64_t peak_allocated = 0;  ///< by tensors at once, since begin_device_peak
  std::int64_t peak_reserved = 0;   ///< with what the allocator keeps for the next ones
  std::int64_t free = 0;            ///< that the driver could still give
  std::int64_t total = 0;
};
[[nodiscard]] DeviceMemory device_memory(at::Device device);
/// Gives memory that no tensor has back to the driver.
void release_device_memory(at::Device device);
/// The same, and begins a new peak.
void begin_device_peak(at::Device device);

/// For its life the calling thread gives its work to a stream of its own, without which nothing can be
/// recorded (device_graph.h). Does nothing on the CPU.
class StreamGuard {
 public:
  explicit StreamGuard(at::Device device);
  /// The stream of another thread's guard.
  explicit StreamGuard(const c10::Stream& stream);
  ~StreamGuard();
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;

 private:
  std::optional<c10::Stream> before_;
};
/// The stream that the calling thread gives its work to.
[[nodiscard]] std::optional<c10::Stream> current_stream(at::Device device);

/// Waits until all work given to the device is done; returns at once on the CPU.
void wait_for(at::Device device);

/// For its life the GPU computes the same bits at every repetition (README: the same bits). Does nothing on
/// the CPU, which does so anyway.
class DeterministicGuard {
 public:
  DeterministicGuard(at::Device device, bool deterministic);
  ~DeterministicGuard();
  DeterministicGuard(const DeterministicGuard&) = delete;
  DeterministicGuard& operator=(const DeterministicGuard&) = delete;

 private:
  bool acts_;
};

}  // namespace imp::models
