// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "models/device/gpu_kernel.h"

namespace imp::models {

/// A kernel over float32 or bfloat16 numbers, of which a thread moves 16 bytes at once where widths allow:
/// its source is written for NUMBER and VECTOR, and each form is compiled when it is first needed.
class NumberKernels {
 public:
  NumberKernels(const std::string& source, const std::string& name);

  struct Form {
    const GpuKernel& kernel;
    int64_t vector;  ///< numbers that a thread moves at once
  };
  /// The form for numbers whose runs have these lengths.
  [[nodiscard]] Form form(at::ScalarType numbers, int64_t dim, int64_t half) const;

  /// Whether the tensor is on a GPU and of numbers that there is a form for.
  [[nodiscard]] static bool serve(const at::Tensor& tensor);

 private:
  GpuKernel floats_, single_floats_, narrow_, single_narrow_;
};

/// A tensor's memory as a kernel takes it; null for an undefined one.
[[nodiscard]] void* address(const at::Tensor& tensor);

}  // namespace imp::models
