// SPDX-License-Identifier: Apache-2.0
// libcuda.so.1 as far as gpu_probe asks it: the CUDA driver API's functions with answers that the test
// chooses.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "tests/models/device/fake_driver/script.h"

namespace {

using imp::test::scripted;

constexpr int kInvalidValue = 1, kNoDevice = 100, kInvalidDevice = 101;

/// GPUs that CUDA_VISIBLE_DEVICES leaves: those named before the first that is none (CUDA C++ Programming
/// Guide, "CUDA Environment Variables").
int visible_gpus() {
  const int gpus = scripted("gpus", 1);
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible == nullptr) return gpus;
  std::istringstream list(visible);
  int count = 0, index = 0;
  for (char comma = ','; list >> index && index >= 0 && index < gpus; list >> comma) ++count;
  return count;
}

}  // namespace

extern "C" {

int cuDriverGetVersion(int* version) {
  *version = scripted("cuda", 13000);
  return 0;
}

int cuInit(unsigned flags) {
  if (flags != 0) return kInvalidValue;
  const int code = scripted("init", 0);
  return code != 0 || visible_gpus() > 0 ? code : kNoDevice;
}

int cuDeviceGetCount(int* count) {
  *count = visible_gpus();
  return 0;
}

int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal < visible_gpus() ? 0 : kInvalidDevice;
}

int cuDeviceGetName(char* name, int length, int) {
  const std::string text = scripted("name", "NVIDIA H200");
  std::strncpy(name, text.c_str(), static_cast<std::size_t>(length) - 1);
  return 0;
}

int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  *bytes = std::stoull(scripted("memory", "150110011392"));
  return 0;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
  const int capability = scripted("capability", 90);
  if (attribute != 75 && attribute != 76) return kInvalidValue;
  *value = attribute == 75 ? capability / 10 : capability % 10;
  return 0;
}
}
