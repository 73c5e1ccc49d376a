// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace imp::results {

/// Scores of cells and seeds on the questions of one benchmark, summed by picture. Every part of the
/// estimator is linear in the answers and takes the questions of a picture together, so the sums are all that
/// it needs. Runs may be missing: cells need not have the same seeds.
class PictureSums {
 public:
  /// `questions`: how many questions each picture has, the same for all cells and seeds; none is 0.
  PictureSums(std::size_t cells, std::size_t seeds, std::vector<double> questions);

  [[nodiscard]] std::size_t cells() const { return cells_; }
  [[nodiscard]] std::size_t seeds() const { return seeds_; }
  [[nodiscard]] std::size_t pictures() const { return questions_.size(); }
  /// Questions of a picture.
  [[nodiscard]] double questions(std::size_t picture) const { return questions_[picture]; }
  /// Questions of all pictures.
  [[nodiscard]] double total_questions() const { return total_questions_; }

  /// The sum of the scores of a cell's seed on a picture's questions.
  [[nodiscard]] double& at(std::size_t cell, std::size_t seed, std::size_t picture) {
    return sums_[(cell * seeds_ + seed) * pictures() + picture];
  }
  [[nodiscard]] double at(std::size_t cell, std::size_t seed, std::size_t picture) const {
    return sums_[(cell * seeds_ + seed) * pictures() + picture];
  }
  /// Says that a cell has no run with a seed.
  void leave_out(std::size_t cell, std::size_t seed) { present_[cell * seeds_ + seed] = 0; }
  [[nodiscard]] bool has(std::size_t cell, std::size_t seed) const {
    return present_[cell * seeds_ + seed] != 0;
  }
  /// [cells][seeds]
  [[nodiscard]] const std::vector<char>& present() const { return present_; }
  /// Mean score of a cell's seed over the questions.
  [[nodiscard]] double mean(std::size_t cell, std::size_t seed) const;

 private:
  std::size_t cells_, seeds_;
  std::vector<double> questions_;
  double total_questions_ = 0.0;
  std::vector<double> sums_;   ///< [cells][seeds][pictures]
  std::vector<char> present_;  ///< [cells][seeds]: 0 for a run that is missing
};

}  // namespace imp::results
