// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/compared_sweep.h"
#include "results/statistics/contrast.h"

namespace imp::results {

/// Questions that effects are stated on, with the scores of a sweep's cells on them.
struct QuestionSet {
  std::string benchmark;  ///< "average" for the mean of several
  std::string family;     ///< of the questions; empty for all of a benchmark
  bool is_mean = false;   ///< of the sweep's benchmarks
  ContrastEstimator estimator;
  std::size_t questions = 0, pictures = 0;
  std::size_t left_out = 0;         ///< questions of the benchmark that some trial did not answer
  std::optional<double> deviation;  ///< of a score from question to question; none for the mean of benchmarks
};

/// Every benchmark of a comparable sweep, each of its question families if it has several, and the
/// benchmarks' mean if there are several.
[[nodiscard]] std::vector<QuestionSet> load_question_sets(Database& database, const ComparedSweep& sweep);

}  // namespace imp::results
