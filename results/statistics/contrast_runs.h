// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "results/statistics/picture_sums.h"

namespace imp::results {

/// The runs (cells x seeds) that a contrast of cells is made of, where cells may have unequal seeds. Cells
/// stand in groups that are compared among themselves; a group counts with the seeds that all its cells have,
/// so that what a seed does to all cells alike cancels in it.
class ContrastRuns {
 public:
  /// Groups with the same seeds.
  struct Stratum {
    std::vector<std::size_t> seeds, cells;
  };

  /// `weights`: one a cell; `groups`: the group of each cell, or empty if they are one.
  ContrastRuns(const PictureSums& table, std::span<const double> weights,
               std::span<const std::size_t> groups);

  /// Whether each group has a seed in common.
  [[nodiscard]] bool is_comparable() const { return fewest_seeds_ > 0; }
  /// Seeds of the group that has the fewest.
  [[nodiscard]] std::size_t fewest_seeds() const { return fewest_seeds_; }
  [[nodiscard]] const std::vector<Stratum>& strata() const { return strata_; }
  /// Weight of a run: its cell's over the group's seeds; 0 for a run that is no part of the contrast.
  [[nodiscard]] double at(std::size_t cell, std::size_t seed) const { return weights_[cell * seeds_ + seed]; }
  /// Sum of the squares of a cell's runs' weights: its part in the variance that seeds make.
  [[nodiscard]] double squares(std::size_t cell) const;
  /// Sum over the cells.
  [[nodiscard]] double squares() const;
  /// How many cells' spreads are averaged: (sum of squares)^2 / sum of (squares^2).
  [[nodiscard]] double cells_averaged() const;

 private:
  std::size_t seeds_;
  std::vector<double> weights_;  ///< [cells][seeds]
  std::vector<Stratum> strata_;
  std::size_t fewest_seeds_ = 0;
};

}  // namespace imp::results
