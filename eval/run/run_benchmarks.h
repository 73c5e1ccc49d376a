// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "eval/run/asker.h"
#include "models/programs/model_options.h"

namespace imp::eval {

/// Options of `imp-eval run`.
struct RunRequest {
  models::ModelOptions model;
  std::vector<std::string> benchmarks;        ///< names, or `all`
  std::filesystem::path data;                 ///< holds a folder a benchmark
  std::filesystem::path annotations, images;  ///< for one benchmark without `data`
  std::filesystem::path output, prompts, ocr_tokens;
  std::size_t limit = 0;    ///< first so many questions of each benchmark; 0: all
  bool likelihood = false;  ///< choose among the options of multiple-choice and yes/no questions
  bool json = false;
  AskOptions ask;
};

/// Asks and scores; prints the scores to stdout, progress to stderr. Writes below request.output
/// predictions/<benchmark>.jsonl, results.json, submissions/ and lmms_eval/. Everything that can be wrong
/// with data, pictures, prompts and an earlier run's answers is found before the checkpoint is loaded.
/// Returns the exit code: 0, or 130 if `stopped` became true. Throws imp::Error.
int run_benchmarks(const RunRequest& request, const std::atomic<bool>& stopped);

}  // namespace imp::eval
