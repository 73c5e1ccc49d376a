// SPDX-License-Identifier: Apache-2.0
#include "models/generation/cache_kernel.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string>

#include "models/device/gpu_kernel.h"
#include "models/generation/cache_kernel_source.h"
#include "models/layers/rotary_kernel_source.h"

namespace imp::models {
namespace {

/// The two kernels for one type of numbers.
struct Kernels {
  Kernels(const std::string& number, int64_t at_once)
      : vector(at_once), rotate(kernel("rotate_queries", number)), put(kernel("put_tokens", number)) {}

  [[nodiscard]] GpuKernel kernel(const std::string& name, const std::string& number) const {
    return {fmt::format("{}{}", kRotaryKernelSource, kCacheKernelSource),
            name,
            {"NUMBER=" + number, "VECTOR=" + std::to_string(vector)}};
  }

  int64_t vector;
  GpuKernel rotate, put;
};

/// The kernels that serve these numbers and widths: 16 bytes at once where the widths allow.
const Kernels& kernels_for(at::ScalarType type, int64_t dim, int64_t half) {
  static const Kernels floats("float", 4), single_floats("float", 1);
  static const Kernels narrow("unsigned short", 8), single_narrow("unsigned short", 1);
  const bool is_narrow = type == at::kBFloat16;
  const int64_t vector = is_narrow ? 8 : 4;
  if (dim % vector == 0 && half % vector == 0) return is_narrow ? narrow : floats;
  return is_narrow ? single_narrow : single_floats;
}

bool has_kernel(const at::Tensor& x) {
  return x.is_cuda() && (x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kFloat);
}

/// A tensor's memory as a kernel takes it.
void* address(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr() : nullptr;
}

at::Tensor in_row_order(const at::Tensor& angles, const at::Tensor& rows) {
  return rows.defined() ? angles.index_select(0, rows) : angles;
}

}  // namespace

at::Tensor rotated_queries(const at::Tensor& query, const RotaryAngles& angles,
                           const at::Tensor& angle_rows) {
  if (!has_kernel(query)) {
    return apply_rotary(query, {in_row_order(angles.cos, angle_rows), in_row_order(angles.sin, angle_rows)});
  }
  const int64_t half = angles.cos.size(-1);
  const Kernels& kernels = kernels_for(query.scalar_type(), query.size(2), half);
  const at::Tensor q = query.contiguous(), out = at::empty_like(q);
  const at::Tensor cos = angles.cos.contiguous(), sin = angles.sin.contiguous();
  long long places = q.numel() / kernels.vector;
  void *from = address(q), *cosines = address(cos), *sines = address(sin), *rows = address(angle_rows),
       *to = address(out);
  int heads = static_cast<int>(q.size(1)), dim = static_cast<int>(q.size(2)), pairs = static_cast<int>(half);
  kernels.rotate.launch(q.device(), places,
                        {&places, &from, &cosines, &sines, &rows, &to, &heads, &dim, &pairs});
  return out;
}

at::Tensor put_tokens(const at::Tensor& key, const at::Tensor& value, const RotaryAngles& angles,
                      const at::Tensor& slots, const LayerCache& cache) {
  if (!has_kernel(key)) {
    at::Tensor keys = cache.keys, values = cache.values;
    const at::Tensor rotated = apply_rotary(key, angles);
    keys.index_copy_(0, slots, rotated.to(keys.scalar_type()));
    values.index_copy_(0, slots, value.to(values.scalar_type()));
    return rotated;
  }
  const int64_t half = angles.cos.size(-1);
  const Kernels& kernels = kernels_for(key.scalar_type(), key.size(2), half);
  const at::Tensor k = key.contiguous(), v = value.contiguous(), rotated = at::empty_like(k);
  const at::Tensor cos = angles.cos.contiguous(), sin = angles.sin.contiguous();
  long long places = k.numel() / kernels.vector;
  void *fresh_key = address(k), *fresh_value = address(v), *cosines = address(cos), *sines = address(sin),
       *to = address(slots), *keys = address(cache.keys), *values = address(cache.values),
       *out = address(rotated);
  int heads = static_cast<int>(k.size(1)), dim = static_cast<int>(k.size(2)), pairs = static_cast<int>(half);
  kernels.put.launch(
      k.device(), places,
      {&places, &fresh_key, &fresh_value, &cosines, &sines, &to, &keys, &values, &out, &heads, &dim, &pairs});
  return rotated;
}

}  // namespace imp::models
