// SPDX-License-Identifier: Apache-2.0
#include "models/device/gpu_probe.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>

namespace imp::models {
namespace {

// What the wheel of torch 2.11.0 is built for: CUDA 13.0, whose oldest GPUs are Turing's.
constexpr int kOldestDriver = 13000, kOldestGpu = 75;

/// A shared library that may not be there.
class Library {
 public:
  explicit Library(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {}

  [[nodiscard]] bool found() const { return handle_ != nullptr; }
  /// Calls a function that returns 0 for success (CUresult, nvmlReturn_t); -1 where the library has none.
  template <typename... Arguments>
  [[nodiscard]] int call(const char* name, Arguments... arguments) const {
    auto* const function = reinterpret_cast<int (*)(Arguments...)>(::dlsym(handle_.get(), name));
    return function == nullptr ? -1 : function(arguments...);
  }

 private:
  struct Close {
    void operator()(void* handle) const {
      if (handle != nullptr) ::dlclose(handle);
    }
  };
  std::unique_ptr<void, Close> handle_;
};

std::string version_of(int cuda) {
  return fmt::format("{}.{}", cuda / 1000, cuda % 1000 / 10);
}

/// The driver's own version, from its management library.
std::string driver_version() {
  const Library nvml("libnvidia-ml.so.1");
  char version[96] = "";
  if (!nvml.found() || nvml.call("nvmlInit_v2") != 0) return "unknown version";
  const int failed =
      nvml.call("nvmlSystemGetDriverVersion", &version[0], static_cast<unsigned>(sizeof version));
  (void)nvml.call("nvmlShutdown");
  return failed != 0 ? "unknown version" : version;
}

std::string why_no_gpu(int code) {
  constexpr int kNoDevice = 100, kMismatch = 803;
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (code == kNoDevice && visible != nullptr)
    return fmt::format("CUDA_VISIBLE_DEVICES='{}' names no GPU of this machine; unset it, or name one",
                       visible);
  if (code == kNoDevice) return "the NVIDIA driver finds no GPU on this machine";
  if (code == kMismatch)
    return "the NVIDIA driver's kernel module and its library libcuda.so.1 have different versions; reboot, "
           "or "
           "install them alike";
  return fmt::format("the NVIDIA driver does not start (CUDA error {})", code);
}

/// The attribute of a device, 0 where the driver does not say.
int attribute(const Library& cuda, int which, int device) {
  int value = 0;
  return cuda.call("cuDeviceGetAttribute", &value, which, device) == 0 ? value : 0;
}

Gpu describe(const Library& cuda, int device, int driver_cuda) {
  constexpr int kMajor = 75, kMinor = 76;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
  Gpu gpu;
  char name[256] = "";
  if (cuda.call("cuDeviceGetName", &name[0], static_cast<int>(sizeof name), device) == 0) gpu.name = name;
  std::size_t bytes = 0;
  if (cuda.call("cuDeviceTotalMem_v2", &bytes, device) == 0)
    gpu.memory_bytes = static_cast<std::int64_t>(bytes);
  gpu.compute_capability = 10 * attribute(cuda, kMajor, device) + attribute(cuda, kMinor, device);
  gpu.driver_cuda = driver_cuda;
  gpu.driver = driver_version();
  return gpu;
}

}  // namespace

std::string Gpu::in_words() const {
  return fmt::format("{}, {:.1f} GiB, driver {}", name, static_cast<double>(memory_bytes) / (1 << 30),
                     driver);
}

GpuProbe probe_gpu() {
  const Library cuda("libcuda.so.1");
  if (!cuda.found()) return {std::nullopt, "this machine has no NVIDIA driver (libcuda.so.1)"};
  int driver_cuda = 0, count = 0, device = 0;
  if (cuda.call("cuDriverGetVersion", &driver_cuda) == 0 && driver_cuda < kOldestDriver) {
    return {std::nullopt,
            fmt::format(
                "the NVIDIA driver {} supports CUDA {}; LibTorch's libraries need {}, which driver 580 has",
                driver_version(), version_of(driver_cuda), version_of(kOldestDriver))};
  }
  if (const int code = cuda.call("cuInit", 0U); code != 0) return {std::nullopt, why_no_gpu(code)};
  if (cuda.call("cuDeviceGetCount", &count) != 0 || count == 0 || cuda.call("cuDeviceGet", &device, 0) != 0)
    return {std::nullopt, why_no_gpu(100)};
  Gpu gpu = describe(cuda, device, driver_cuda);
  if (gpu.compute_capability < kOldestGpu) {
    return {std::nullopt, fmt::format("{} has compute capability {:.1f}; LibTorch's libraries need {:.1f}",
                                      gpu.name, gpu.compute_capability / 10.0, kOldestGpu / 10.0)};
  }
  return {std::move(gpu), ""};
}

}  // namespace imp::models
