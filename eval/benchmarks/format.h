// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// An answer with its score, as a benchmark's summary sees it.
struct ScoredAnswer {
  const Question* question = nullptr;
  std::string_view prediction;
  double score = 0.0;
};

/// A further number of a benchmark, such as POPE's F1.
struct NamedValue {
  std::string name;
  double value = 0.0;
};

/// Everything that differs between benchmarks; one row a benchmark in format.cpp.
struct BenchmarkFormat {
  std::string_view name;
  std::string_view metric;         ///< name of the mean of the scores
  std::string_view prompt_suffix;  ///< follows the question on a line of its own; may be empty
  std::vector<Question> (*read)(const std::filesystem::path& annotations,
                                const std::filesystem::path& images);
  double (*score)(const Question& question, std::string_view prediction);       ///< in [0, 1]
  std::vector<NamedValue> (*summarise)(std::span<const ScoredAnswer> answers);  ///< null if the mean says all
  /// lmms-eval's form of the score where it differs; its mean is then the number `lmms_eval_accuracy`.
  double (*lmms_eval_score)(const Question& question, std::string_view prediction) = nullptr;
  /// Writes pictures that stand in the annotations themselves; null where none do.
  void (*unpack)(const std::filesystem::path& annotations,
                 const std::set<std::filesystem::path>& images) = nullptr;
};

/// The format of that name. Throws imp::Error listing the names if there is none.
[[nodiscard]] const BenchmarkFormat& find_benchmark_format(std::string_view name);

}  // namespace imp::eval
