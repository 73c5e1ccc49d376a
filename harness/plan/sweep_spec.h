// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/plan/expression.h"
#include "harness/plan/sweep_file.h"
#include "harness/plan/vary_block.h"

namespace imp::harness {

/// A benchmark that every cell is scored on.
struct Benchmark {
  std::string name;
  std::string annotations;  ///< empty for a benchmark that the harness renders itself
  std::string images;
  std::int64_t limit = 0;  ///< the first so many questions; 0: all
  /// Where the file names the benchmark, and these two of its fields.
  Location location = {}, annotations_location = {}, images_location = {};
};

/// What to do about a cell that fails.
struct RetryPolicy {
  std::int64_t attempts = 1;
  std::string oom = "halve_micro_batch";  ///< or `fail`
};

/// A sweep file as read, before its cells are unfolded.
struct SweepSpec {
  std::filesystem::path file;
  std::string text;
  std::string name;
  std::string about;
  std::filesystem::path claims;  ///< file of predictions (results/claims); empty for none
  Location claims_location;
  std::vector<Setting> baseline;
  Location baseline_location;
  std::vector<VaryBlock> vary;  ///< at least one; without `vary` in the file, the baseline alone
  Location vary_location;
  std::vector<Expression> exclude;
  Location exclude_location;
  std::vector<std::int64_t> seeds;
  std::vector<Benchmark> benchmarks;
  RetryPolicy retry;
};

/// Interprets a loaded file. Throws imp::Error (usage) with every mistake of it, one a line.
[[nodiscard]] SweepSpec read_sweep_spec(const SweepFile& file);

}  // namespace imp::harness
