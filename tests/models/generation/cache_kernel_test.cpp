// SPDX-License-Identifier: Apache-2.0
// The cache kernels' own arithmetic and indices, run on the CPU a piece of work at a time, against ATen's
// form.
#include "models/generation/cache_kernel.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "models/device/gpu_kernel.h"
#include "models/generation/cache_kernel_source.h"
#include "models/layers/rotary_kernel_source.h"
#include "tests/models/layers/tiny_models.h"

// The second file goes on from the first.
// clang-format off
#define DEVICE inline
namespace cache_floats_by_four {
#define NUMBER float
#define VECTOR 4
#include "models/layers/rotary_kernel.cu"
#include "models/generation/cache_kernel.cu"
#undef NUMBER
#undef VECTOR
}  // namespace cache_floats_by_four
namespace cache_floats_by_one {
#define NUMBER float
#define VECTOR 1
#include "models/layers/rotary_kernel.cu"
#include "models/generation/cache_kernel.cu"
#undef NUMBER
#undef VECTOR
}  // namespace cache_floats_by_one
namespace cache_narrow_by_eight {
#define NUMBER unsigned short
#define VECTOR 8
#include "models/layers/rotary_kernel.cu"
#include "models/generation/cache_kernel.cu"
#undef NUMBER
#undef VECTOR
}  // namespace cache_narrow_by_eight
// clang-format on

namespace imp::models {
namespace {

using test::largest_difference;
using test::random_tensor;

struct Case {
  int64_t tokens, heads, kv_heads, dim, half;
};

/// Runs the kernels' work for all places; NUMBER is their type of numbers.
template <typename NUMBER, typename Query, typename Token>
void compare(const Case& odd, int64_t vector, at::ScalarType type, double tolerance, Query query_place,
             Token token_place) {
  const auto pointer = [](const at::Tensor& tensor) { return static_cast<NUMBER*>(tensor.data_ptr()); };
  const auto integers = [](const at::Tensor& tensor) {
    return reinterpret_cast<const long long*>(tensor.const_data_ptr<int64_t>());
  };
  const auto near = [&](const at::Tensor& a, const at::Tensor& b) {
    EXPECT_LT(largest_difference(a.to(at::kFloat), b.to(at::kFloat)), tolerance);
  };
  const at::Tensor turns = random_tensor({odd.tokens, 1, odd.half}, 5);
  const RotaryAngles angles{turns.cos().to(type), turns.sin().to(type)};
  const int dim = static_cast<int>(odd.dim), half = static_cast<int>(odd.half);

  const at::Tensor rows = at::arange(odd.tokens - 1, -1, -2), own = at::arange(odd.tokens);
  for (const at::Tensor& angle_rows : {at::Tensor(), rows}) {
    const at::Tensor query =
        random_tensor({(angle_rows.defined() ? rows : own).size(0), odd.heads, odd.dim}, 1).to(type);
    const at::Tensor out = at::full_like(query, std::numeric_limits<double>::quiet_NaN());
    for (int64_t place = 0; place < query.numel() / vector; ++place)
      query_place(place, pointer(query), pointer(angles.cos), pointer(angles.sin),
                  angle_rows.defined() ? integers(angle_rows) : nullptr, pointer(out),
                  static_cast<int>(odd.heads), dim, half);
    near(out, rotated_queries(query, angles, angle_rows));
  }

  const at::Tensor key = random_tensor({odd.tokens, odd.kv_heads, odd.dim}, 2).to(type),
                   value = random_tensor({odd.tokens, odd.kv_heads, odd.dim}, 3).to(type);
  const at::Tensor slots = (own * 7 + 3) % 29;
  const auto empty = [&] { return at::zeros({29, odd.kv_heads, odd.dim}, type); };
  const LayerCache expected{empty(), empty()}, got{empty(), empty()};
  const at::Tensor fresh = at::full_like(key, std::numeric_limits<double>::quiet_NaN());
  const at::Tensor rotated = put_tokens(key, value, angles, slots, expected);
  for (int64_t place = 0; place < key.numel() / vector; ++place)
    token_place(place, pointer(key), pointer(value), pointer(angles.cos), pointer(angles.sin),
                integers(slots), pointer(got.keys), pointer(got.values), pointer(fresh),
                static_cast<int>(odd.kv_heads), dim, half);
  near(fresh, rotated);
  near(got.keys, expected.keys);
  EXPECT_TRUE(at::equal(got.values, expected.values));
}

TEST(CacheKernel, DoesWhatAtenDoesForOddShapes) {
  for (const Case& odd :
       {Case{5, 3, 1, 8, 4}, Case{2, 2, 2, 16, 4}, Case{7, 4, 2, 24, 8}, Case{3, 6, 3, 32, 16}}) {
    compare<float>(odd, 4, at::kFloat, 1e-5, cache_floats_by_four::query_place,
                   cache_floats_by_four::token_place);
    compare<float>(odd, 1, at::kFloat, 1e-5, cache_floats_by_one::query_place,
                   cache_floats_by_one::token_place);
  }
  for (const Case& odd : {Case{4, 3, 3, 5, 2}, Case{3, 2, 1, 6, 3}, Case{2, 1, 1, 3, 1}})
    compare<float>(odd, 1, at::kFloat, 1e-5, cache_floats_by_one::query_place,
                   cache_floats_by_one::token_place);
  for (const Case& odd : {Case{5, 2, 1, 16, 8}, Case{3, 3, 3, 80, 16}, Case{4, 4, 1, 64, 32}})
    compare<unsigned short>(odd, 8, at::kBFloat16, 0.04, cache_narrow_by_eight::query_place,
                            cache_narrow_by_eight::token_place);
}

TEST(CacheKernel, CompilesForEveryGenerationOfGpus) {
  const std::string source = fmt::format("{}{}", kRotaryKernelSource, kCacheKernelSource);
  for (const char* architecture : {"sm_75", "sm_80", "sm_90", "sm_100"}) {
    for (const std::vector<std::string>& definitions : {std::vector<std::string>{"NUMBER=float", "VECTOR=4"},
                                                        {"NUMBER=unsigned short", "VECTOR=8"},
                                                        {"NUMBER=unsigned short", "VECTOR=1"}}) {
      const CompiledKernel kernel = compile_kernel(source, definitions, architecture);
      for (const char* name : {"rotate_queries", "put_tokens"})
        EXPECT_NE(kernel.cubin.find(name), std::string::npos) << architecture;
    }
  }
}

}  // namespace
}  // namespace imp::models
