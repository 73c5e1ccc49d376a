// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "results/statistics/contrast.h"

namespace imp::results {

/// What makes the difference of two cells uncertain, freed from how many pictures and seeds it was measured
/// with.
struct NoiseModel {
  double picture_variance = 0.0;   ///< of a picture's part in the difference of two cells, seeds averaged out
  double question_variance = 0.0;  ///< what one training run adds to a picture's part in a cell's score
  double cell_seed_variance = 0.0;  ///< of a training run's mean score, beyond what questions explain
};

/// Estimates it from the cells and seeds of one benchmark of a sweep; at least two of both.
[[nodiscard]] NoiseModel noise_model(const ContrastEstimator& estimator, std::size_t pictures);

/// A design whose intervals are to be foreseen: a difference of two levels, averaged over `groups` pairs of
/// matched cells, in a sweep of `cells` cells.
struct Design {
  std::size_t cells = 2, groups = 1, seeds = 2, pictures = 100;
};

/// How sure a design will be of a difference.
class Foresight {
 public:
  Foresight(const NoiseModel& noise, const Design& design);

  [[nodiscard]] double standard_error() const { return standard_error_; }
  [[nodiscard]] double degrees_of_freedom() const { return degrees_of_freedom_; }
  /// Half the width of the 95 % interval.
  [[nodiscard]] double half_width() const;
  /// The smallest true difference that a two-sided test at 5 % sees with this chance.
  [[nodiscard]] double smallest_effect(double power = 0.8) const;

 private:
  double standard_error_ = 0.0, degrees_of_freedom_ = 1.0;
};

/// The fewest seeds with which the design sees a true difference with this chance; nothing if more seeds than
/// kMostSeeds do not, because the pictures are too few.
inline constexpr std::size_t kMostSeeds = 10'000;
[[nodiscard]] std::optional<std::size_t> seeds_needed(const NoiseModel& noise, Design design, double effect,
                                                      double power = 0.8);

}  // namespace imp::results
