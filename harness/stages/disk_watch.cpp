// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/disk_watch.h"

#include <fmt/format.h>

#include <thread>

#include "harness/plan/plan_resources.h"
#include "harness/train/training_loop.h"

namespace imp::harness {
namespace {

constexpr std::int64_t kMargin = std::int64_t{64} << 20;

/// Sleeps in pieces, so that a request to stop is seen soon.
void sleep_unless_stopped(std::chrono::milliseconds duration, const std::atomic<bool>& stop) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) {
    if (stop.load()) throw Interrupted();
    std::this_thread::sleep_for(
        std::min<std::chrono::milliseconds>(duration, std::chrono::milliseconds(100)));
  }
}

}  // namespace

void wait_for_room(const std::filesystem::path& folder, std::int64_t bytes, const std::atomic<bool>& stop,
                   const std::function<void(const std::string&)>& say,
                   const std::function<std::int64_t(const std::filesystem::path&)>& available,
                   std::chrono::milliseconds poll) {
  if (bytes < kMargin) return;
  const std::int64_t needed = bytes + kMargin;
  std::int64_t free = available(folder);
  if (free >= needed) return;
  say(fmt::format("{}: paused: {} are needed and the disk has {} left; it goes on when there is room",
                  folder.string(), size_as_text(needed), size_as_text(free)));
  while (free < needed) {
    sleep_unless_stopped(poll, stop);
    free = available(folder);
  }
  say(fmt::format("{}: goes on: the disk has {} left", folder.string(), size_as_text(free)));
}

}  // namespace imp::harness
