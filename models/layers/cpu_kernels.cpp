// SPDX-License-Identifier: Apache-2.0
#include "models/layers/cpu_kernels.h"

#include <cstdlib>
#include <string>

#include "models/io/error.h"

namespace imp::models {
namespace {

CpuKernels fastest() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) return CpuKernels::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return CpuKernels::avx2;
  return CpuKernels::portable;
}

CpuKernels named(const std::string& name) {
  if (name == "portable") return CpuKernels::portable;
  if (name == "avx2") return CpuKernels::avx2;
  if (name == "avx512") return CpuKernels::avx512;
  throw Error("IMP_KERNELS is '" + name + "'; it may be portable, avx2 or avx512");
}

}  // namespace

CpuKernels cpu_kernels() {
  const CpuKernels most = fastest();
  const char* const name = std::getenv("IMP_KERNELS");
  if (name == nullptr) return most;
  const CpuKernels wanted = named(name);
  if (wanted > most) throw Error(std::string("IMP_KERNELS is ") + name + ", which this machine lacks");
  return wanted;
}

}  // namespace imp::models
