// SPDX-License-Identifier: Apache-2.0
#include "models/programs/model_options.h"

#include "models/io/error.h"

namespace imp::models {

at::ScalarType compute_dtype(const ModelOptions& options) {
  if (options.dtype == "float32") return at::kFloat;
  if (options.dtype == "bfloat16") return at::kBFloat16;
  throw Error("--dtype: '" + options.dtype + "' is not known; it is float32 or bfloat16");
}

}  // namespace imp::models
