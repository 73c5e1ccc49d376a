// SPDX-License-Identifier: Apache-2.0
#include "models/device/compute_device.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>

#include "models/device/gpu_probe.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

[[noreturn]] void refuse(const std::string& missing) {
  throw Error("device: cuda cannot be used: " + missing + "; `device: cpu` or `auto` runs without a GPU",
              ErrorKind::environment);
}

/// Loads what the wheel carries. Its registrations announce CUDA to LibTorch, so it stays loaded.
void load_libraries() {
  // cuBLAS reads this with its first handle; without it two runs of one product may differ (cuBLAS, "Results
  // reproducibility").
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr)
    refuse(fmt::format("LibTorch's CUDA library does not load ({})", ::dlerror()));
  if (!at::globalContext().hasCUDA()) refuse("LibTorch finds no GPU though the driver does");
}

/// Begins work on the GPU, so that one that is full or broken is found here.
void begin(at::Device device) {
  constexpr double kLeast = 0.75;  // GiB: LibTorch's kernels and cuBLAS's workspaces alone take about half
  try {
    at::globalContext().lazyInitDevice(device.type());
    const auto [free, total] = c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index());
    const double gib = static_cast<double>(std::size_t{1} << 30);
    if (static_cast<double>(free) < kLeast * gib) {
      refuse(fmt::format("the GPU has {:.1f} of {:.1f} GiB free, another program fills it",
                         static_cast<double>(free) / gib, static_cast<double>(total) / gib));
    }
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    refuse("the GPU cannot be used (" + text.substr(0, text.find('\n')) + ")");
  }
}

at::Device cuda_device() {
  const at::Device device(at::kCUDA, 0);
  static const bool loaded = [&] {
    load_libraries();
    begin(device);
    return true;
  }();
  (void)loaded;
  return device;
}

}  // namespace

at::Device resolve_device(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name != "cuda" && name != "auto")
    throw Error("device: '" + name + "' is not known; it is auto, cpu or cuda");
  const GpuProbe probe = probe_gpu();
  if (probe.gpu) return cuda_device();
  if (name == "cuda") refuse(probe.missing);
  return at::kCPU;
}

std::string describe(at::Device device) {
  if (device.is_cpu()) return "cpu";
  const GpuProbe probe = probe_gpu();
  return probe.gpu ? probe.gpu->in_words() : device.str();
}

bool has_bfloat16(at::Device device) {
  if (device.is_cpu()) return true;
  const GpuProbe probe = probe_gpu();
  return probe.gpu && probe.gpu->has_bfloat16();
}

DeviceMemory device_memory(at::Device device) {
  if (device.is_cpu()) return {};
  auto* const allocator = c10::getDeviceAllocator(device.type());
  const auto statistics = allocator->getDeviceStats(device.index());
  const auto [free, total] = allocator->getMemoryInfo(device.index());
  return {statistics.allocated_bytes[0].current, statistics.allocated_bytes[0].peak,
          statistics.reserved_bytes[0].peak, static_cast<std::int64_t>(free),
          static_cast<std::int64_t>(total)};
}

void release_device_memory(at::Device device) {
  if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->emptyCache();
}

void begin_device_peak(at::Device device) {
  if (device.is_cpu()) return;
  release_device_memory(device);
  c10::getDeviceAllocator(device.type())->resetPeakStats(device.index());
}

std::optional<c10::Stream> current_stream(at::Device device) {
  if (device.is_cpu()) return std::nullopt;
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device);
}

StreamGuard::StreamGuard(at::Device device) {
  if (device.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(device.type());
  wait_for(device);
  before_ = guard.exchangeStream(guard.getStreamFromGlobalPool(device));
}

StreamGuard::StreamGuard(const c10::Stream& stream)
    : before_(c10::impl::VirtualGuardImpl(stream.device_type()).exchangeStream(stream)) {}

StreamGuard::~StreamGuard() {
  if (before_) c10::impl::VirtualGuardImpl(before_->device_type()).exchangeStream(*before_);
}

void wait_for(at::Device device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

DeterministicGuard::DeterministicGuard(at::Device device, bool deterministic)
    : acts_(deterministic && !device.is_cpu()) {
  if (!acts_) return;
  // With warn_only flash attention's backward pass would only warn, and differ from run to run.
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
}

DeterministicGuard::~DeterministicGuard() {
  if (acts_) at::globalContext().setDeterministicAlgorithms(false, /*warn_only=*/false);
}

}  // namespace imp::models
