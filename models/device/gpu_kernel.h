// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace imp::models {

/// A kernel of our own in CUDA C++, compiled when it is first launched by the compiler that LibTorch's wheel
/// brings (NVRTC) for the GPU at hand. DESIGN.md says why not by nvcc.
class GpuKernel {
 public:
  /// source: a translation unit without #include. name: an `extern "C" __global__` function of it.
  /// definitions: like `VECTOR=8`.
  GpuKernel(std::string source, std::string name, std::vector<std::string> definitions);
  ~GpuKernel();
  GpuKernel(GpuKernel&&) noexcept;
  GpuKernel& operator=(GpuKernel&&) = delete;
  GpuKernel(const GpuKernel&) = delete;
  GpuKernel& operator=(const GpuKernel&) = delete;

  /// Gives the kernel to the device's current stream, one thread for each of `threads` pieces of work (those
  /// beyond are the kernel's to leave out). arguments: the address of each. Throws imp::Error (environment)
  /// with the compiler's or driver's words.
  void launch(at::Device device, int64_t threads, std::vector<void*> arguments) const;

 private:
  struct Compiled;
  std::string source_, name_;
  std::vector<std::string> definitions_;
  std::unique_ptr<Compiled> compiled_;
};

/// A kernel compiled for a GPU that need not be there.
struct CompiledKernel {
  std::string cubin;
  std::string log;  ///< with each kernel's registers and spills, as ptxas says them
};
/// architecture: `sm_90`. Throws imp::Error (environment) with the compiler's words.
[[nodiscard]] CompiledKernel compile_kernel(const std::string& source,
                                            const std::vector<std::string>& definitions,
                                            const std::string& architecture);

}  // namespace imp::models
