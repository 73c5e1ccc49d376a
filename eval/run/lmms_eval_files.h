// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/predictions/prediction.h"
#include "eval/predictions/score.h"

namespace imp::eval {

/// A benchmark that has been asked and, where its answers are known, scored.
struct FinishedBenchmark {
  const Benchmark* benchmark = nullptr;
  std::span<const Prediction> predictions;  ///< in the order of the questions, with scores
  const ScoreReport* report = nullptr;      ///< nullptr where a server keeps the answers
  std::vector<std::string> prompts;         ///< what was asked, one a question
  std::size_t questions_in_all = 0;         ///< before --limit
  long long max_new_tokens = 0;
};

/// Writes `<folder>/<model>/<date>_results.json` and `<date>_samples_<task>.jsonl`, laid out as lmms-eval
/// 0.7.3 writes them with --log_samples: tasks under lmms-eval's names, `results.<task>."<metric>,none"` with
/// `_stderr`, a sample a line with `doc_id, input, target, filtered_resps, doc_hash` and the metric's value
/// (0 to 1). Scores are in lmms-eval's form where that differs from ours. `date` is YYYYMMDD_HHMMSS.
void write_lmms_eval_files(const std::filesystem::path& folder, const std::string& model,
                           const std::string& date, std::span<const FinishedBenchmark> finished);

/// lmms-eval's name of a benchmark's task, such as vqav2_val; the benchmark's own where lmms-eval has none.
[[nodiscard]] std::string lmms_eval_task(const std::string& benchmark);

}  // namespace imp::eval
