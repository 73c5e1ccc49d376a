// SPDX-License-Identifier: Apache-2.0
#include "models/programs/model_options.h"

#include "models/device/compute_device.h"
#include "models/io/error.h"

namespace imp::models {

at::ScalarType compute_dtype(const ModelOptions& options) {
  if (options.dtype == "float32") return at::kFloat;
  if (options.dtype == "bfloat16") return at::kBFloat16;
  throw Error("--dtype: '" + options.dtype + "' is not known; it is float32 or bfloat16");
}

at::TensorOptions weight_options(const ModelOptions& options) {
  const at::ScalarType dtype = compute_dtype(options);
  const at::Device device = resolve_device(options.device);
  if (dtype == at::kBFloat16 && !has_bfloat16(device)) {
    throw Error("--dtype: " + describe(device) +
                " has no products of bfloat16 numbers; take --dtype float32, or --device cpu");
  }
  return at::TensorOptions(dtype).device(device);
}

}  // namespace imp::models
