// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace imp::eval {

/// Where a benchmark lies on disk.
struct BenchmarkFiles {
  std::string name;
  std::filesystem::path annotations;
  std::filesystem::path images;
};

/// The benchmark of that name in `data`/<name>, under the file names of its official distribution. Throws
/// imp::Error (usage) listing the names that were looked for.
[[nodiscard]] BenchmarkFiles find_benchmark_files(std::string_view name, const std::filesystem::path& data);

/// All benchmarks that have a folder in `data`, by name. Throws imp::Error (usage) if there is none.
[[nodiscard]] std::vector<BenchmarkFiles> find_all_benchmarks(const std::filesystem::path& data);

}  // namespace imp::eval
