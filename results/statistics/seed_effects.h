// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace imp::results {

/// Takes out of a table of runs, cells x seeds with gaps, what a cell adds to all its seeds and what a seed
/// adds to all its cells: the residuals of the additive two-way model by least squares (Searle, Linear Models
/// for Unbalanced Data, 1987, chapter 4). Without gaps these are m[c,s] - m[c,.] - m[.,s] + m[.,.]. With gaps
/// their sum of squares over its degrees of freedom is still the mean square of what remains, whichever runs
/// are missing.
class SeedEffects {
 public:
  /// `present`: [cells][seeds], whether the run is there.
  SeedEffects(std::size_t cells, std::size_t seeds, std::vector<char> present);

  /// Number of runs - cells - seeds + parts of the table that have no cell and no seed in common.
  [[nodiscard]] double degrees() const { return degrees_; }
  /// Number of runs - cells.
  [[nodiscard]] double degrees_of_cells() const { return degrees_of_cells_; }

  /// `runs`: [cells][seeds]; what stands at a gap is passed over and becomes 0.
  void remove(std::span<double> runs) const;

  /// The same for the cells alone.
  void remove_cells(std::span<double> runs) const;

 private:
  void invert();

  std::size_t cells_, seeds_;
  std::vector<char> present_;
  std::vector<double> seeds_of_cell_;  ///< how many runs a cell has
  std::vector<double> inverse_;  ///< [seeds][seeds]: from sums of residuals by seed to the seeds' effects
  double degrees_ = 0.0, degrees_of_cells_ = 0.0;
};

}  // namespace imp::results
