// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace imp::models {

/// Work for a GPU that is recorded once and given to it again as a whole (a CUDA graph): what a step of many
/// small kernels waits for otherwise is the CPU that launches them. Tensors that the work reads and writes
/// must stay where they are.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;
  /// Records what `work` gives to the current stream, which must not be the default one; nothing runs. What
  /// `work` allocates lies in memory that all graphs of the process share, so that after a replay only the
  /// newest one's results are sound. Throws what `work` or LibTorch throws if something cannot be recorded.
  virtual void record(const std::function<void()>& work) = 0;
  /// Gives the recorded work to the stream.
  virtual void replay() = 0;
};

/// Nothing where the library for it is not there (built where LibTorch's wheel brings CUDA's headers).
[[nodiscard]] std::unique_ptr<DeviceGraph> make_device_graph(at::Device device);

}  // namespace imp::models
