// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/compute_dtype.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "models/device/compute_device.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

/// Shortest of several runs of one product, in seconds: the least disturbed one.
double product_seconds(const at::TensorOptions& options, int64_t tokens, int64_t in_features,
                       int64_t out_features) {
  const at::Tensor x = at::ones({tokens, in_features}, options),
                   weight = at::ones({out_features, in_features}, options);
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 8; ++run) {
    models::wait_for(options.device());
    const auto start = std::chrono::steady_clock::now();
    (void)at::linear(x, weight);
    models::wait_for(options.device());
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}  // namespace

at::ScalarType faster_dtype(int64_t tokens, int64_t in_features, int64_t out_features, at::Device device) {
  const at::NoGradGuard no_grad;
  if (!models::has_bfloat16(device)) return at::kFloat;
  const at::TensorOptions options(device);
  const double wide = product_seconds(options.dtype(at::kFloat), tokens, in_features, out_features);
  const double narrow = product_seconds(options.dtype(at::kBFloat16), tokens, in_features, out_features);
  return narrow * 1.2 < wide ? at::kBFloat16 : at::kFloat;
}

at::ScalarType resolve_dtype(const std::string& dtype, const std::filesystem::path& folder, int64_t tokens,
                             int64_t in_features, int64_t out_features, at::Device device) {
  if (dtype == "float32") return at::kFloat;
  if (dtype == "bfloat16" && !models::has_bfloat16(device)) {
    throw Error("dtype: bfloat16 needs a GPU of compute capability 8.0, and this is " +
                models::describe(device) + "; use `dtype: float32`");
  }
  if (dtype == "bfloat16") return at::kBFloat16;
  if (dtype != "auto") throw Error("dtype: '" + dtype + "' is not known; it is auto, float32 or bfloat16");
  const std::filesystem::path memory = folder / kChosenDtype;
  if (std::filesystem::exists(memory)) return read_file(memory) == "bfloat16" ? at::kBFloat16 : at::kFloat;
  const at::ScalarType chosen = faster_dtype(tokens, in_features, out_features, device);
  write_file_atomically(memory, chosen == at::kBFloat16 ? "bfloat16" : "float32");
  return chosen;
}

}  // namespace imp::harness
