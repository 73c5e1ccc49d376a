// SPDX-License-Identifier: Apache-2.0
// The rotation kernel's own arithmetic and indices, run on the CPU a piece of work at a time, against ATen's
// form.
#include "models/layers/rotary_kernel.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <regex>

#include "models/device/gpu_kernel.h"
#include "models/layers/rotary_kernel_source.h"
#include "tests/models/layers/tiny_models.h"

#define DEVICE inline
namespace floats_by_four {
#define NUMBER float
#define VECTOR 4
#include "models/layers/rotary_kernel.cu"
#undef NUMBER
#undef VECTOR
}  // namespace floats_by_four
namespace floats_by_one {
#define NUMBER float
#define VECTOR 1
#include "models/layers/rotary_kernel.cu"
#undef NUMBER
#undef VECTOR
}  // namespace floats_by_one
namespace narrow_by_eight {
#define NUMBER unsigned short
#define VECTOR 8
#include "models/layers/rotary_kernel.cu"
#undef NUMBER
#undef VECTOR
}  // namespace narrow_by_eight

namespace imp::models {
namespace {

using test::largest_difference;
using test::random_tensor;

struct Case {
  HeadsOfRow shape;
  int64_t half, tokens;
};

RotaryAngles angles_of(const Case& odd, at::ScalarType type) {
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < odd.tokens; ++i) positions.push_back(3 * i + 1);
  return rotary_angles(test::ids_tensor(positions), plain_frequencies(2 * odd.half, 100.0),
                       at::TensorOptions(type));
}

/// Runs a kernel's work for all places on rows, with the kernels of one namespace; NUMBER is its type of
/// numbers.
template <typename NUMBER, typename Rotate, typename Unrotate>
void compare(const Case& odd, int64_t vector, at::ScalarType type, double tolerance, Rotate rotate,
             Unrotate unrotate) {
  const HeadsOfRow& shape = odd.shape;
  const RotaryAngles angles = angles_of(odd, type);
  const auto pointer = [](const at::Tensor& tensor) { return static_cast<NUMBER*>(tensor.data_ptr()); };
  const at::Tensor rows = random_tensor({odd.tokens, shape.width()}, 1).to(type);
  const at::Tensor expected = rows.clone(), got = rows.clone();
  rotate_rows(expected, shape, angles);
  const int heads = static_cast<int>(shape.heads), kv_heads = static_cast<int>(shape.kv_heads),
            dim = static_cast<int>(shape.dim), half = static_cast<int>(odd.half);
  for (int64_t place = 0; place < odd.tokens * shape.rotated() * (odd.half / vector); ++place)
    rotate(place, pointer(got), pointer(angles.cos), pointer(angles.sin), heads + kv_heads, dim,
           static_cast<int>(shape.width()), half);
  EXPECT_LT(largest_difference(got.to(at::kFloat), expected.to(at::kFloat)), tolerance);

  const at::Tensor q = random_tensor({odd.tokens, shape.heads, shape.dim}, 2).to(type),
                   k = random_tensor({odd.tokens, shape.kv_heads, shape.dim}, 3).to(type),
                   v = random_tensor({odd.tokens, shape.kv_heads, shape.dim}, 4).to(type);
  const at::Tensor back = unrotated_rows(q, k, v, shape, angles);
  const at::Tensor out = at::full_like(back, std::numeric_limits<double>::quiet_NaN());
  for (int64_t place = 0; place < odd.tokens * (shape.width() / vector); ++place)
    unrotate(place, pointer(q), pointer(k), pointer(v), pointer(angles.cos), pointer(angles.sin),
             pointer(out), heads, kv_heads, dim, half);
  EXPECT_LT(largest_difference(out.to(at::kFloat), back.to(at::kFloat)), tolerance);
}

TEST(RotaryKernel, DoesWhatAtenDoesForOddShapes) {
  const std::vector<Case> wide{
      {{3, 1, 8}, 4, 5}, {{2, 2, 16}, 4, 1}, {{1, 1, 32}, 16, 7}, {{4, 2, 24}, 8, 3}};
  for (const Case& odd : wide) {
    compare<float>(odd, 4, at::kFloat, 1e-5, floats_by_four::rotate_place, floats_by_four::unrotate_place);
    compare<float>(odd, 1, at::kFloat, 1e-5, floats_by_one::rotate_place, floats_by_one::unrotate_place);
  }
  for (const Case& odd : {Case{{3, 3, 5}, 2, 4}, Case{{2, 1, 6}, 3, 3}, Case{{1, 1, 3}, 1, 2}})
    compare<float>(odd, 1, at::kFloat, 1e-5, floats_by_one::rotate_place, floats_by_one::unrotate_place);
  for (const Case& odd : {Case{{2, 1, 16}, 8, 5}, Case{{3, 3, 80}, 16, 3}, Case{{1, 1, 64}, 32, 4}})
    compare<unsigned short>(odd, 8, at::kBFloat16, 0.04, narrow_by_eight::rotate_place,
                            narrow_by_eight::unrotate_place);
}

TEST(RotaryKernel, RoundsAsAtenDoes) {
  const at::Tensor numbers =
      at::cat({random_tensor({1000}, 9) * 1e3, at::tensor({1.00390625F, 1.01171875F, -0.0F})});
  const at::Tensor rounded = numbers.to(at::kBFloat16);
  for (int64_t i = 0; i < numbers.numel(); ++i) {
    unsigned short bits = 0;
    narrow_by_eight::round_to(numbers[i].item<float>(), bits);
    EXPECT_EQ(narrow_by_eight::wide(bits), rounded[i].item<float>());
  }
}

/// Prints a line a kernel: registers, and that none is spilled to memory.
void look_at(const std::string& log, const std::string& where) {
  const std::regex entry("entry function '(\\w+)'[^]*?(\\d+) bytes spill stores[^]*?Used (\\d+) registers");
  for (auto found = std::sregex_iterator(log.begin(), log.end(), entry); found != std::sregex_iterator();
       ++found) {
    std::printf("%-44s %-14s %s registers, %s bytes spilled\n", where.c_str(), (*found)[1].str().c_str(),
                (*found)[3].str().c_str(), (*found)[2].str().c_str());
    EXPECT_EQ((*found)[2].str(), "0") << where;
  }
}

TEST(RotaryKernel, CompilesForEveryGenerationOfGpus) {
  for (const char* architecture : {"sm_75", "sm_80", "sm_90", "sm_100"}) {
    for (const std::vector<std::string>& definitions : {std::vector<std::string>{"NUMBER=float", "VECTOR=4"},
                                                        {"NUMBER=unsigned short", "VECTOR=8"},
                                                        {"NUMBER=unsigned short", "VECTOR=1"}}) {
      const CompiledKernel kernel = compile_kernel(kRotaryKernelSource, definitions, architecture);
      EXPECT_TRUE(
          kernel.cubin.starts_with("\x7f"
                                   "ELF"))
          << architecture;
      EXPECT_NE(kernel.cubin.find("rotate_rows"), std::string::npos);
      look_at(kernel.log,
              std::string(architecture) + ", " + definitions[0] + " by " + definitions[1].substr(7));
    }
  }
}

}  // namespace
}  // namespace imp::models
