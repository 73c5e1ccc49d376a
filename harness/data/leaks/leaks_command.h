// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace imp::harness {

/// What `imp-data leaks TRAIN BENCHMARK` is asked.
struct LeaksRequest {
  std::filesystem::path train;
  std::string benchmark;                      ///< a name, or a folder that imp-data render wrote
  std::vector<std::filesystem::path> images;  ///< of the training rows
  std::filesystem::path data = ".";           ///< holds a folder a benchmark
  std::filesystem::path annotations, benchmark_images;
  std::filesystem::path output;  ///< of all pairs; empty: none
  std::size_t named = 10;
  int threads = 1;
  bool json = false;
};

/// Prints what training data and benchmark have in common. Returns the exit code: 1 if they share pictures,
/// else 0. Throws imp::Error (usage) for files that cannot be read and where no picture can, (environment)
/// for a machine's fault.
[[nodiscard]] int run_leaks(const LeaksRequest& request);

}  // namespace imp::harness
