// SPDX-License-Identifier: Apache-2.0
#include "models/layers/rotary_kernel.h"

#include <ATen/ATen.h>

#include "models/device/number_kernels.h"
#include "models/layers/rotary_kernel_source.h"

namespace imp::models {

at::Tensor heads_of(const at::Tensor& rows, const HeadsOfRow& shape, int64_t first, int64_t count) {
  return rows.narrow(1, first * shape.dim, count * shape.dim).unflatten(1, {count, shape.dim});
}

void rotate_rows(const at::Tensor& rows, const HeadsOfRow& shape, const RotaryAngles& angles) {
  const int64_t half = angles.cos.size(-1);
  if (!NumberKernels::serve(rows)) {
    const at::Tensor rotated = heads_of(rows, shape, 0, shape.rotated());
    rotated.copy_(apply_rotary(rotated, angles));
    return;
  }
  static const NumberKernels rotate(kRotaryKernelSource, "rotate_rows");
  const auto [kernel, vector] = rotate.form(rows.scalar_type(), shape.dim, half);
  const at::Tensor cos = angles.cos.contiguous(), sin = angles.sin.contiguous();
  long long places = rows.size(0) * shape.rotated() * (half / vector);
  void *data = address(rows), *cosines = address(cos), *sines = address(sin);
  int rotated = static_cast<int>(shape.rotated()), dim = static_cast<int>(shape.dim),
      width = static_cast<int>(shape.width()), pairs = static_cast<int>(half);
  kernel.launch(rows.device(), places, {&places, &data, &cosines, &sines, &rotated, &dim, &width, &pairs});
}

at::Tensor unrotated_rows(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                          const HeadsOfRow& shape, const RotaryAngles& angles) {
  const int64_t half = angles.cos.size(-1);
  if (!NumberKernels::serve(query)) {
    const RotaryAngles back{angles.cos, angles.sin.neg()};
    return at::cat(
        {apply_rotary(query, back).flatten(1), apply_rotary(key, back).flatten(1), value.flatten(1)}, 1);
  }
  static const NumberKernels unrotate(kRotaryKernelSource, "unrotate_rows");
  const auto [kernel, vector] = unrotate.form(query.scalar_type(), shape.dim, half);
  const at::Tensor q = query.contiguous(), k = key.contiguous(), v = value.contiguous();
  const at::Tensor cos = angles.cos.contiguous(), sin = angles.sin.contiguous();
  const at::Tensor rows = at::empty({q.size(0), shape.width()}, q.options());
  long long places = rows.size(0) * (shape.width() / vector);
  void *queries = address(q), *keys = address(k), *values = address(v), *data = address(rows);
  void *cosines = address(cos), *sines = address(sin);
  int heads = static_cast<int>(shape.heads), kv_heads = static_cast<int>(shape.kv_heads),
      dim = static_cast<int>(shape.dim), pairs = static_cast<int>(half);
  kernel.launch(
      q.device(), places,
      {&places, &queries, &keys, &values, &cosines, &sines, &data, &heads, &kv_heads, &dim, &pairs});
  return rows;
}

}  // namespace imp::models
