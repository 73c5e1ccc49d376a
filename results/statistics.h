// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace imp::results {

// How sure are we of a cell's mean? Two things were drawn by chance: the questions (and they come in
// clusters, the questions of one image) and the seeds. With y[s][q] the score of seed s on question q and
// m[q] its mean over seeds,
//   Var(mean) = clustered variance of the mean of m[q]  +  variance between the seeds' means / number of
//   seeds.
// Noise of one seed on one question enters both terms, so the sum is a little too large rather than too
// small. With one seed the second term is unknown and left out: the report warns.

/// Scores of one cell, for the questions that all its seeds answered.
struct ScoreTable {
  std::vector<std::vector<double>> by_seed;  ///< [seeds][questions]
  std::vector<std::size_t> cluster;          ///< [questions]: number of the question's image, from 0
};

struct Estimate {
  double mean = 0.0;
  double question_variance = 0.0;  ///< of the mean, questions of an image taken together
  double seed_variance = 0.0;      ///< of the mean; 0 with one seed
  std::size_t questions = 0;
  std::size_t clusters = 0;
  std::size_t seeds = 0;

  [[nodiscard]] double standard_error() const;
  /// Satterthwaite's degrees of freedom of the sum of both variances (Biometrics Bulletin 2, 1946); at
  /// least 1.
  [[nodiscard]] double degrees_of_freedom() const;
  /// Half the width of the 95 % interval, by Student's t.
  [[nodiscard]] double half_width_95() const;
};

/// Variance of the mean of `values` whose errors go together within a cluster: s^2/n plus the products of
/// deviations of different members of a cluster, over n^2. The same number as lmms-eval's clustered standard
/// error, squared. Not a number for fewer than two values.
[[nodiscard]] double clustered_variance(std::span<const double> values, std::span<const std::size_t> cluster);

/// Needs at least one seed and one question.
[[nodiscard]] Estimate two_way_estimate(const ScoreTable& scores);

/// The t with P(T <= t) = probability, for Student's distribution; probability in [0.5, 1), degrees >= 1.
[[nodiscard]] double student_t_quantile(double probability, double degrees);

}  // namespace imp::results
