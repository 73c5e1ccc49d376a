// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace imp::models {

/// What a kernel with several forms is compiled for.
enum class CpuKernels { portable, avx2, avx512 };

/// The fastest that the machine at hand has, or the one that the variable IMP_KERNELS names (`portable`,
/// `avx2`, `avx512`), which tests use to see the others. Throws imp::Error (usage) for another name, or one
/// that the machine lacks.
[[nodiscard]] CpuKernels cpu_kernels();

/// Of three forms of a function the one to call.
template <typename Function>
[[nodiscard]] Function fastest_of(Function avx512, Function avx2, Function portable) {
  const CpuKernels kernels = cpu_kernels();
  if (kernels == CpuKernels::avx512) return avx512;
  return kernels == CpuKernels::avx2 ? avx2 : portable;
}

}  // namespace imp::models
