// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/plan/expression.h"
#include "harness/plan/sweep_file.h"
#include "harness/plan/trial_config.h"
#include "harness/plan/yaml_document.h"

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

/// A key and the value that a file gives it, not yet read: `${...}` may stand in it.
struct Setting {
  const KeyDescription* key = nullptr;
  YamlValue value;
};

/// A key and the levels it takes.
struct Factor {
  const KeyDescription* key = nullptr;
  Location location;
  std::vector<YamlValue> levels;
};

/// One entry of `vary: list`.
struct ListedCell {
  Location location;
  std::vector<Setting> settings;
};

/// How cells are made of factors: every combination; the baseline and one factor at a time; the levels side
/// by side; as listed. `none` is the baseline alone.
enum class VaryForm { none, grid, ofat, zip, list };

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
  VaryForm form = VaryForm::none;
  Location vary_location;
  std::vector<Factor> factors;    ///< of grid, ofat and zip
  std::vector<ListedCell> cells;  ///< of list
  std::vector<Expression> exclude;
  Location exclude_location;
  std::vector<std::int64_t> seeds;
  std::vector<Benchmark> benchmarks;
  RetryPolicy retry;
};

/// Interprets a loaded file. Throws imp::Error (usage) with every mistake of it, one a line.
[[nodiscard]] SweepSpec read_sweep_spec(const SweepFile& file);

}  // namespace imp::harness
