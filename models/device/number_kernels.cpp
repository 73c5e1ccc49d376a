// SPDX-License-Identifier: Apache-2.0
#include "models/device/number_kernels.h"

namespace imp::models {
namespace {

constexpr int64_t kFloatsAtOnce = 4, kNarrowAtOnce = 8;

std::vector<std::string> definitions(const char* number, int64_t vector) {
  return {std::string("NUMBER=") + number, "VECTOR=" + std::to_string(vector)};
}

}  // namespace

NumberKernels::NumberKernels(const std::string& source, const std::string& name)
    : floats_(source, name, definitions("float", kFloatsAtOnce)),
      single_floats_(source, name, definitions("float", 1)),
      narrow_(source, name, definitions("unsigned short", kNarrowAtOnce)),
      single_narrow_(source, name, definitions("unsigned short", 1)) {}

NumberKernels::Form NumberKernels::form(at::ScalarType numbers, int64_t dim, int64_t half) const {
  const bool is_narrow = numbers == at::kBFloat16;
  const int64_t vector = is_narrow ? kNarrowAtOnce : kFloatsAtOnce;
  if (dim % vector == 0 && half % vector == 0) return {is_narrow ? narrow_ : floats_, vector};
  return {is_narrow ? single_narrow_ : single_floats_, 1};
}

bool NumberKernels::serve(const at::Tensor& tensor) {
  return tensor.is_cuda() && (tensor.scalar_type() == at::kBFloat16 || tensor.scalar_type() == at::kFloat);
}

void* address(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr() : nullptr;
}

}  // namespace imp::models
