// SPDX-License-Identifier: Apache-2.0
#include "models/device/device_graph.h"

#include <dlfcn.h>

#include <array>
#include <filesystem>

namespace imp::models {
namespace {

using Make = DeviceGraph* (*)();

/// The library stands beside the program, or where it is installed.
Make open_library() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  constexpr std::array kPlaces{".", "../bin", "../lib/imp", "../lib"};
  for (const char* const place : kPlaces) {
    const std::filesystem::path file = program / place / "libimp_cuda_graph.so";
    if (void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL))
      return reinterpret_cast<Make>(::dlsym(handle, "imp_make_cuda_graph"));
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<DeviceGraph> make_device_graph(at::Device device) {
  if (!device.is_cuda()) return nullptr;
  static const Make make = open_library();
  return std::unique_ptr<DeviceGraph>(make == nullptr ? nullptr : make());
}

}  // namespace imp::models
