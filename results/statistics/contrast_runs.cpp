// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/contrast_runs.h"

#include <algorithm>
#include <map>

namespace imp::results {
namespace {

/// The seeds that all of some cells have.
std::vector<std::size_t> common_seeds(const PictureSums& table, const std::vector<std::size_t>& cells) {
  std::vector<std::size_t> common;
  for (std::size_t s = 0; s < table.seeds(); ++s) {
    if (std::all_of(cells.begin(), cells.end(), [&](std::size_t c) { return table.has(c, s); }))
      common.push_back(s);
  }
  return common;
}

}  // namespace

ContrastRuns::ContrastRuns(const PictureSums& table, std::span<const double> weights,
                           std::span<const std::size_t> groups)
    : seeds_(table.seeds()), weights_(table.cells() * table.seeds(), 0.0), fewest_seeds_(table.seeds()) {
  std::map<std::size_t, std::vector<std::size_t>> cells_of_group;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    if (weights[c] != 0.0) cells_of_group[groups.empty() ? 0 : groups[c]].push_back(c);
  }
  std::map<std::vector<std::size_t>, std::vector<std::size_t>> cells_of_seeds;
  for (const auto& [group, cells] : cells_of_group) {
    const std::vector<std::size_t> seeds = common_seeds(table, cells);
    fewest_seeds_ = std::min(fewest_seeds_, seeds.size());
    for (const std::size_t c : cells) {
      for (const std::size_t s : seeds)
        weights_[c * seeds_ + s] = weights[c] / static_cast<double>(seeds.size());
      cells_of_seeds[seeds].push_back(c);
    }
  }
  for (auto& [seeds, cells] : cells_of_seeds) strata_.push_back({seeds, std::move(cells)});
}

double ContrastRuns::squares(std::size_t cell) const {
  double sum = 0.0;
  for (std::size_t s = 0; s < seeds_; ++s) sum += at(cell, s) * at(cell, s);
  return sum;
}

double ContrastRuns::squares() const {
  double sum = 0.0;
  for (const double weight : weights_) sum += weight * weight;
  return sum;
}

double ContrastRuns::cells_averaged() const {
  double sum = 0.0, squared = 0.0;
  for (std::size_t c = 0; c * seeds_ < weights_.size(); ++c) {
    sum += squares(c);
    squared += squares(c) * squares(c);
  }
  return sum * sum / squared;
}

}  // namespace imp::results
