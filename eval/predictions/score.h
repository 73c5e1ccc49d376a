// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/format.h"
#include "eval/predictions/prediction.h"

namespace imp::eval {

/// What does not fit between a predictions file and its benchmark; each list holds question ids.
struct PredictionProblems {
  std::vector<std::string> missing;    ///< questions without an answer
  std::vector<std::string> duplicate;  ///< second and later answers to a question; only the first counts
  std::vector<std::string> unknown;    ///< answers to no question of the benchmark
  /// Answers without text; they count, as what the metric gives them. `empty` are those that a model gave:
  /// the line says how many tokens it took. `unsaid` are the others: more likely an answer that got lost.
  std::vector<std::string> empty, unsaid;
};

/// Mean score of one question family.
struct FamilyScore {
  std::string family;
  double mean = 0.0;
  std::size_t n = 0;
};

/// Scores of a set of predictions. Scores are in [0, 1].
struct ScoreReport {
  std::string metric;
  std::vector<std::optional<double>> scores;  ///< one a prediction; nothing for a duplicate or unknown one
  double mean = 0.0;                          ///< over the scored answers
  double standard_error = 0.0;                ///< clustered by picture; NaN for fewer than two answers
  std::size_t n = 0;                          ///< scored answers
  std::size_t images = 0;                     ///< pictures they are about
  std::vector<FamilyScore> families;          ///< by name; empty if the benchmark has none
  std::vector<NamedValue> further;            ///< the benchmark's other numbers, such as POPE's F1
  PredictionProblems problems;
};

/// Scores the predictions by the benchmark's metric. Never refuses an incomplete set: `problems` says what is
/// wrong, require_complete refuses. Throws imp::Error if no prediction answers a question, or the annotations
/// carry no answers.
[[nodiscard]] ScoreReport score_predictions(const Benchmark& benchmark,
                                            std::span<const Prediction> predictions);

/// Throws imp::Error `where: ...` with counts and the first ids if a question is missing, answered twice or
/// unknown, or an empty answer is not said to be the model's own.
void require_complete(const PredictionProblems& problems, const std::string& where);

/// Counts and first ids of everything in `problems`, such as "empty answers: 2 (5, 8)"; nothing if all is
/// well.
[[nodiscard]] std::string describe(const PredictionProblems& problems);

}  // namespace imp::eval
