// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "results/statistics/contrast_runs.h"
#include "results/statistics/picture_sums.h"
#include "results/statistics/seed_effects.h"

namespace imp::results {

// How much do cells differ, and how sure are we? Three things were drawn by chance: the pictures that are
// asked about, how each training run happened to end (the seed), and both together. The design is that of
// studies with several readers and several cases (Obuchowski and Rockette, 1995; Hillis, 2007), with seeds as
// the readers:
//
//   contrast  D = sum over cells of w_c m_c, with m_c the mean over seeds and questions
//   variance  V = max(0, V_pictures - k R) + k MS, with k = (sum of w_c^2) / S
//
// V_pictures is the variance of D over the questions, clustered by picture, times P / (P - 1). MS is the mean
// square of the seeds' means of a cell, and R what the questions alone add to it (which V_pictures holds
// too). Both are pooled over all cells, so that two or three seeds suffice in a grid. Where the weights sum
// to 0 (a difference), what a seed does to all cells alike cancels and is taken out of MS and R; for the mean
// of a cell it stays in. Degrees of freedom by Satterthwaite (1946), MS taken as no less than R there.
//
// Seeds of some cells may spread more than those of others, which two to five seeds seldom show. So MS is
// moderated (Smyth, 2004): the contrast's own mean square with its S - 1 degrees of freedom, and that of the
// rest of the sweep as a prior of prior_degrees().
//
// Cells may have unequal seeds, where some were given more (looks.h) or lack one. A contrast then takes the
// seeds that its matched cells all have (contrast_runs.h), with k the sum of the squares of its runs'
// weights; MS and R are those of all runs that there are, cells and seeds taken out by least squares
// (seed_effects.h). With k MS from matched cells that share their seeds, D and the residuals are independent
// as in a table without gaps.

/// Which spread of seeds an interval rests on.
enum class SeedSpread {
  none,    ///< one seed: the interval is of these checkpoints, not of the recipe
  pooled,  ///< of all cells, the contrast's own before the others
  own  ///< the same, but the contrast's own cells' seeds spread more than the others' (95 % quantile of F)
};
[[nodiscard]] std::string_view spread_name(SeedSpread spread);

/// What the other cells' seeds tell of a cell's own spread, in degrees of freedom: as much as one more seed
/// of the cell would (a unit-information prior: Kass and Wasserman, 1995), so `cells` for the mean of so many
/// cells, and no more than they know of themselves.
[[nodiscard]] double prior_degrees(double rest_degrees, double cells);

struct ContrastEstimate {
  double difference = 0.0;
  double picture_variance = 0.0;  ///< the first term of V: what other questions would change
  double seed_variance = 0.0;     ///< the second: what other seeds would, on these questions
  double degrees_of_freedom = 0.0;
  SeedSpread spread = SeedSpread::none;

  [[nodiscard]] double standard_error() const;
  /// Half the width of the interval that holds the true value with `confidence` (0.95); not a number where
  /// the variance is not known (a single picture).
  [[nodiscard]] double half_width(double confidence = 0.95) const;
  /// Two-sided p of a true value of 0.
  [[nodiscard]] double p() const;
};

/// Contrasts over the cells of a sweep, on one benchmark or on the mean of several.
class ContrastEstimator {
 public:
  /// All have the same cells and seeds, and the same runs missing. Several benchmarks count alike, whatever
  /// their number of questions; their pictures are taken as different pictures.
  explicit ContrastEstimator(std::vector<PictureSums> benchmarks);

  /// `weights`: one a cell; `groups`: the group of matched cells that each belongs to, or empty if they are
  /// one. The cells of a group have a seed in common.
  [[nodiscard]] ContrastEstimate estimate(std::span<const double> weights,
                                          std::span<const std::size_t> groups = {}) const;

  [[nodiscard]] std::size_t cells() const { return cells_; }
  [[nodiscard]] std::size_t seeds() const { return seeds_; }
  [[nodiscard]] const PictureSums& table() const { return benchmarks_.front(); }
  /// Over the cell's seeds.
  [[nodiscard]] double mean(std::size_t cell) const { return cell_mean_[cell]; }
  [[nodiscard]] double mean(std::size_t cell, std::size_t seed) const {
    return seed_mean_[cell * seeds_ + seed];
  }

  /// Degrees of freedom of the spread of seeds in differences; 0 if nothing tells it.
  [[nodiscard]] double degrees_of_seeds() const { return of_differences_.degrees; }
  /// What a training run adds to its cell and seed alone, beyond what questions explain: a variance, pooled
  /// over the cells, cut at 0. It is what differences of cells meet.
  [[nodiscard]] double cell_by_seed_variance() const;
  /// What questions alone add to the mean square of the seeds' means, all cells pooled.
  [[nodiscard]] double question_part() const { return of_differences_.question_part; }
  /// The same with what a seed adds to all cells alike: what the mean of a cell meets.
  [[nodiscard]] double seed_variance() const;

 private:
  /// A mean square of seeds with its degrees of freedom, and the part of it that questions explain.
  struct SeedSquares {
    double mean_square = 0.0, question_part = 0.0, degrees = 0.0;
  };
  /// A contrast's own; `used`: how many of the pooled degrees these are.
  struct OwnSquares {
    double mean_square = 0.0, degrees = 0.0, used = 0.0;
  };

  void remove_effects(std::vector<double>& runs, bool seeds_in_common) const;
  [[nodiscard]] SeedSquares pooled_squares(bool seeds_in_common) const;
  [[nodiscard]] double pooled_question_part(bool seeds_in_common) const;
  [[nodiscard]] OwnSquares own_squares(std::span<const double> weights, const ContrastRuns& runs) const;
  /// The squares that a contrast rests on; `spread` says if its own are larger beyond chance.
  [[nodiscard]] SeedSquares moderated(const SeedSquares& pooled, std::span<const double> weights,
                                      const ContrastRuns& runs, SeedSpread& spread) const;
  void add_seed_variance(const SeedSquares& pooled, std::span<const double> weights, const ContrastRuns& runs,
                         ContrastEstimate& estimate, double& over_degrees) const;
  void add_picture_variance(const ContrastRuns& runs, ContrastEstimate& estimate, double& over_degrees) const;

  std::vector<PictureSums> benchmarks_;
  std::size_t cells_, seeds_;
  SeedEffects effects_;
  std::vector<double> cell_mean_;                    ///< [cells], mean over benchmarks
  std::vector<double> seed_mean_;                    ///< [cells][seeds], mean over benchmarks
  std::vector<std::vector<double>> benchmark_mean_;  ///< [benchmarks][cells][seeds]
  SeedSquares of_differences_, of_cells_;
};

}  // namespace imp::results
