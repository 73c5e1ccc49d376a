// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "results/database.h"
#include "results/statistics/picture_sums.h"

namespace imp::results {

/// Which number of an answered question is meant.
enum class ScoreKind {
  score,    ///< asked with the picture
  control,  ///< of a control (results/controls.h)
  margin,   ///< score - control
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

/// What several trials answered on a benchmark, read once: of them, any number can then be compared. Trials
/// that were asked different questions (question_set) are matched by question_id, and a question's picture
/// and family are those of the first trial that was asked it.
class BenchmarkAnswers {
 public:
  explicit BenchmarkAnswers(std::string benchmark) : benchmark_(std::move(benchmark)) {}
  BenchmarkAnswers(Database& database, std::string benchmark, std::span<const std::int64_t> trials)
      : BenchmarkAnswers(std::move(benchmark)) {
    add(database, trials);
  }

  /// Reads more trials, of this database or of another; they stand behind those that were read before.
  void add(Database& database, std::span<const std::int64_t> trials);

  /// `places`: of the trials among those read. `control`: whose answers are meant by `kind`; no question is
  /// common to all trials where one was not asked so.
  [[nodiscard]] AnswerScores common(std::span<const std::size_t> places, ScoreKind kind,
                                    std::string_view control = {}) const;
  /// Number of questions that the trial was asked with the picture and scored on.
  [[nodiscard]] std::size_t answered(std::size_t place) const;

 private:
  struct Question {
    std::string picture, family;
  };
  /// One a question; not a number where the trial has no score.
  struct Trial {
    std::vector<double> scores;
    std::map<std::string, std::vector<double>, std::less<>> controls;
  };
  /// A trial's numbers of a kind, one a question of `questions_`.
  [[nodiscard]] std::vector<double> values(const Trial& trial, ScoreKind kind,
                                           std::string_view control) const;

  std::string benchmark_;
  std::unordered_map<std::string, std::size_t> place_of_id_;  ///< of a question among `questions_`
  std::vector<Question> questions_;
  std::vector<Trial> trials_;
};

/// Reads the answers of `trials` with the picture, in order.
[[nodiscard]] AnswerScores load_answer_scores(Database& database, const std::string& benchmark,
                                              std::span<const std::int64_t> trials);

/// Sums by picture; of one family's questions or of all. `runs`: of each trial, cell * `seeds` + seed; empty
/// for trials that stand cell by cell, `seeds` of each. Nothing if there is no such question.
[[nodiscard]] std::optional<PictureSums> picture_sums(const AnswerScores& answers, std::size_t cells,
                                                      std::size_t seeds,
                                                      std::optional<std::size_t> family = {},
                                                      std::span<const std::size_t> runs = {});

}  // namespace imp::results
