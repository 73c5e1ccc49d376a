// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/disk_watch.h"

#include <gtest/gtest.h>

#include <vector>

#include "harness/train/training_loop.h"

namespace imp::harness {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

/// Waits for room on a disk that has, look after look, so much of it (the last for ever).
std::vector<std::string> wait_on(std::vector<std::int64_t> free, std::int64_t bytes,
                                 const std::atomic<bool>& stop = false) {
  std::vector<std::string> said;
  std::size_t looks = 0;
  wait_for_room(
      "runs", bytes, stop, [&](const std::string& line) { said.push_back(line); },
      [&](const std::filesystem::path&) { return free[std::min(looks++, free.size() - 1)]; },
      std::chrono::milliseconds(1));
  return said;
}

TEST(DiskWatch, SaysNothingWhereThereIsRoom) {
  EXPECT_TRUE(wait_on({1000 * kMiB}, 500 * kMiB).empty());
}

TEST(DiskWatch, PausesUntilThereIsRoomAndAMargin) {
  const auto said = wait_on({100 * kMiB, 510 * kMiB, 900 * kMiB}, 500 * kMiB);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0],
            "runs: paused: 564 MiB are needed and the disk has 100 MiB left; it goes on when there is room");
  EXPECT_EQ(said[1], "runs: goes on: the disk has 900 MiB left");
}

TEST(DiskWatch, DoesNotWaitForLittle) {
  EXPECT_TRUE(wait_on({0}, 63 * kMiB).empty());
}

TEST(DiskWatch, EndsWhenTheRunIsStopped) {
  EXPECT_THROW((void)wait_on({0}, 500 * kMiB, true), Interrupted);
}

}  // namespace
}  // namespace imp::harness
