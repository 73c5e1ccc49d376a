// SPDX-License-Identifier: Apache-2.0
#include "models/device/subnormals.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

namespace imp::models {
namespace {

/// Half of the smallest number of full precision; the compiler must not compute it.
float below_full_precision() {
  volatile float smallest = std::numeric_limits<float>::min();
  return smallest * 0.5F;
}

TEST(Subnormals, AreFlushedInThisThreadAndThoseItStarts) {
  ASSERT_GT(below_full_precision(), 0.0F);
  flush_subnormals();
  if (below_full_precision() > 0.0F) GTEST_SKIP() << "this processor cannot";
  float in_thread = 1;
  std::thread([&] { in_thread = below_full_precision(); }).join();
  EXPECT_EQ(in_thread, 0.0F);
  at::set_num_threads(4);
  std::atomic<int> kept{0};
  at::parallel_for(0, 64, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) kept += below_full_precision() > 0.0F;
  });
  EXPECT_EQ(kept, 0) << "of 64 products in LibTorch's threads";
}

}  // namespace
}  // namespace imp::models
