// SPDX-License-Identifier: Apache-2.0
#include "models/lora/adapter_tensor.h"

#include <fmt/format.h>

#include "models/io/error.h"
#include "models/weights/weight_source.h"

namespace imp::models {

at::Tensor whole_tensor(const StoredTensor& stored) {
  return checkpoint_tensor(stored.file, stored.name);
}

at::Tensor read_tensor(const StoredTensor& stored, const std::vector<int64_t>& shape) {
  if (stored.file->at(stored.name).shape != shape) refuse_shape(stored, shape);
  return whole_tensor(stored);
}

void refuse_shape(const StoredTensor& stored, const std::vector<int64_t>& shape) {
  const TensorView& view = stored.file->at(stored.name);
  throw Error(fmt::format("{}: '{}' is {}; the model's layer and the rank ask for {}",
                          stored.file->path().string(), stored.name, describe(view.dtype, view.shape),
                          describe(DType::f32, shape)));
}

}  // namespace imp::models
