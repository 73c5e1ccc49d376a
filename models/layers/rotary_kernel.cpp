// SPDX-License-Identifier: Apache-2.0
#include "models/layers/rotary_kernel.h"

#include <ATen/ATen.h>

#include "models/device/gpu_kernel.h"
#include "models/layers/rotary_kernel_source.h"

namespace imp::models {
namespace {

/// The two kernels for one type of numbers.
struct Kernels {
  Kernels(const std::string& number, int64_t at_once)
      : vector(at_once),
        rotate(kRotaryKernelSource, "rotate_rows", {"NUMBER=" + number, "VECTOR=" + std::to_string(at_once)}),
        unrotate(kRotaryKernelSource, "unrotate_rows",
                 {"NUMBER=" + number, "VECTOR=" + std::to_string(at_once)}) {}
  int64_t vector;
  GpuKernel rotate, unrotate;
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

bool has_kernel(const at::Tensor& rows) {
  return rows.is_cuda() && (rows.scalar_type() == at::kBFloat16 || rows.scalar_type() == at::kFloat);
}

/// A tensor's memory as a kernel takes it.
void* address(const at::Tensor& tensor) {
  return tensor.data_ptr();
}

at::Tensor heads_of(const at::Tensor& rows, const HeadsOfRow& shape, int64_t first, int64_t count) {
  return rows.narrow(1, first * shape.dim, count * shape.dim).unflatten(1, {count, shape.dim});
}

}  // namespace

void rotate_rows(const at::Tensor& rows, const HeadsOfRow& shape, const RotaryAngles& angles) {
  const int64_t half = angles.cos.size(-1);
  if (!has_kernel(rows)) {
    const at::Tensor rotated = heads_of(rows, shape, 0, shape.rotated());
    rotated.copy_(apply_rotary(rotated, angles));
    return;
  }
  const Kernels& kernels = kernels_for(rows.scalar_type(), shape.dim, half);
  const at::Tensor cos = angles.cos.contiguous(), sin = angles.sin.contiguous();
  long long places = rows.size(0) * shape.rotated() * (half / kernels.vector);
  void *data = address(rows), *cosines = address(cos), *sines = address(sin);
  int rotated = static_cast<int>(shape.rotated()), dim = static_cast<int>(shape.dim),
      width = static_cast<int>(shape.width()), pairs = static_cast<int>(half);
  kernels.rotate.launch(rows.device(), places,
                        {&places, &data, &cosines, &sines, &rotated, &dim, &width, &pairs});
}

at::Tensor unrotated_rows(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                          const HeadsOfRow& shape, const RotaryAngles& angles) {
  const int64_t half = angles.cos.size(-1);
  if (!has_kernel(query)) {
    const RotaryAngles back{angles.cos, angles.sin.neg()};
    return at::cat(
        {apply_rotary(query, back).flatten(1), apply_rotary(key, back).flatten(1), value.flatten(1)}, 1);
  }
  const Kernels& kernels = kernels_for(query.scalar_type(), shape.dim, half);
  const at::Tensor q = query.contiguous(), k = key.contiguous(), v = value.contiguous();
  const at::Tensor cos = angles.cos.contiguous(), sin = angles.sin.contiguous();
  const at::Tensor rows = at::empty({q.size(0), shape.width()}, q.options());
  long long places = rows.size(0) * (shape.width() / kernels.vector);
  void *queries = address(q), *keys = address(k), *values = address(v), *data = address(rows);
  void *cosines = address(cos), *sines = address(sin);
  int heads = static_cast<int>(shape.heads), kv_heads = static_cast<int>(shape.kv_heads),
      dim = static_cast<int>(shape.dim), pairs = static_cast<int>(half);
  kernels.unrotate.launch(
      q.device(), places,
      {&places, &queries, &keys, &values, &cosines, &sines, &data, &heads, &kv_heads, &dim, &pairs});
  return rows;
}

}  // namespace imp::models
