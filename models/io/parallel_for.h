// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace imp {

/// Calls `work(i)` for i in 0 .. count-1 on `threads` threads, in no particular order. The first exception
/// ends the loop and is thrown again here.
template <typename Work>
void parallel_for(int count, int threads, const Work& work) {
  std::atomic<int> next = 0;
  std::exception_ptr failure;
  std::mutex guard;
  const auto run = [&] {
    for (int i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(guard);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::jthread> helpers;
  for (int i = 1; i < std::max(1, threads); ++i) helpers.emplace_back(run);
  run();
  helpers.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace imp
