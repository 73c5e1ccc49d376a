// SPDX-License-Identifier: Apache-2.0
#include "models/generation/cache_kernel.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string>

#include "models/device/number_kernels.h"
#include "models/generation/cache_kernel_source.h"
#include "models/layers/rotary_kernel_source.h"

namespace imp::models {
namespace {

/// The kernel of that name, behind the rotation that it shares.
NumberKernels kernels(const std::string& name) {
  return {fmt::format("{}{}", kRotaryKernelSource, kCacheKernelSource), name};
}

at::Tensor in_row_order(const at::Tensor& angles, const at::Tensor& rows) {
  return rows.defined() ? angles.index_select(0, rows) : angles;
}

}  // namespace

at::Tensor rotated_queries(const at::Tensor& query, const RotaryAngles& angles,
                           const at::Tensor& angle_rows) {
  if (!NumberKernels::serve(query)) {
    return apply_rotary(query, {in_row_order(angles.cos, angle_rows), in_row_order(angles.sin, angle_rows)});
  }
  const int64_t half = angles.cos.size(-1);
  static const NumberKernels rotate = kernels("rotate_queries");
  const auto [kernel, vector] = rotate.form(query.scalar_type(), query.size(2), half);
  const at::Tensor q = query.contiguous(), out = at::empty_like(q);
  const at::Tensor cos = angles.cos.contiguous(), sin = angles.sin.contiguous();
  long long places = q.numel() / vector;
  void *from = address(q), *cosines = address(cos), *sines = address(sin), *rows = address(angle_rows),
       *to = address(out);
  int heads = static_cast<int>(q.size(1)), dim = static_cast<int>(q.size(2)), pairs = static_cast<int>(half);
  kernel.launch(q.device(), places, {&places, &from, &cosines, &sines, &rows, &to, &heads, &dim, &pairs});
  return out;
}

at::Tensor put_tokens(const at::Tensor& key, const at::Tensor& value, const RotaryAngles& angles,
                      const at::Tensor& slots, const LayerCache& cache) {
  if (!NumberKernels::serve(key)) {
    at::Tensor keys = cache.keys, values = cache.values;
    const at::Tensor rotated = apply_rotary(key, angles);
    keys.index_copy_(0, slots, rotated.to(keys.scalar_type()));
    values.index_copy_(0, slots, value.to(values.scalar_type()));
    return rotated;
  }
  const int64_t half = angles.cos.size(-1);
  static const NumberKernels put = kernels("put_tokens");
  const auto [kernel, vector] = put.form(key.scalar_type(), key.size(2), half);
  const at::Tensor k = key.contiguous(), v = value.contiguous(), rotated = at::empty_like(k);
  const at::Tensor cos = angles.cos.contiguous(), sin = angles.sin.contiguous();
  long long places = k.numel() / vector;
  void *fresh_key = address(k), *fresh_value = address(v), *cosines = address(cos), *sines = address(sin),
       *to = address(slots), *keys = address(cache.keys), *values = address(cache.values),
       *out = address(rotated);
  int heads = static_cast<int>(k.size(1)), dim = static_cast<int>(k.size(2)), pairs = static_cast<int>(half);
  kernel.launch(
      k.device(), places,
      {&places, &fresh_key, &fresh_value, &cosines, &sines, &to, &keys, &values, &out, &heads, &dim, &pairs});
  return rotated;
}

}  // namespace imp::models
