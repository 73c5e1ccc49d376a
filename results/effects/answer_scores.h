// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/statistics/picture_sums.h"

namespace imp::results {

/// Which number of an answered question is meant.
enum class ScoreKind {
  score,   ///< asked with the picture
  blind,   ///< the control, picture withheld
  margin,  ///< score - blind
};

/// The scores of several trials on the questions of a benchmark that all of them answered.
struct AnswerScores {
  struct Question {
    std::size_t picture = 0;  ///< from 0
    std::size_t family = 0;   ///< place in `families`
  };
  std::vector<Question> questions;
  std::vector<std::string> families;        ///< distinct names, in order of first use
  std::vector<std::vector<double>> scores;  ///< [trials][questions]
  std::size_t left_out = 0;                 ///< questions that some trial lacks

  /// Standard deviation of a trial's score from question to question, over the questions of a family (all
  /// without one); pooled over the trials. Not a number for fewer than two questions.
  [[nodiscard]] double question_deviation(std::optional<std::size_t> family) const;
};

/// Reads the answers of `trials` in order. A score that is no number leaves its question out.
[[nodiscard]] AnswerScores load_answer_scores(Database& database, const std::string& benchmark,
                                              std::span<const std::int64_t> trials, ScoreKind kind);

/// Sums by picture, for trials that stand cell by cell, `seeds` of each; of one family's questions or of all.
/// Nothing if there is no such question.
[[nodiscard]] std::optional<PictureSums> picture_sums(const AnswerScores& answers, std::size_t cells,
                                                      std::size_t seeds,
                                                      std::optional<std::size_t> family = {});

}  // namespace imp::results
