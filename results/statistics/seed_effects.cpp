// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/seed_effects.h"

#include <cmath>
#include <utility>

namespace imp::results {

SeedEffects::SeedEffects(std::size_t cells, std::size_t seeds, std::vector<char> present)
    : cells_(cells), seeds_(seeds), present_(std::move(present)), seeds_of_cell_(cells, 0.0) {
  for (std::size_t i = 0; i < present_.size(); ++i) {
    if (present_[i] != 0) seeds_of_cell_[i / seeds_] += 1.0;
  }
  invert();
}

/// Solves the seeds' normal equations, cells eliminated, once: by Gauss and Jordan without exchanging rows,
/// since the matrix has no negative eigenvalues. One seed of each part of the table is fixed at 0: its pivot
/// vanishes.
void SeedEffects::invert() {
  std::vector<double> normal(seeds_ * seeds_, 0.0);
  double runs = 0.0, cells = 0.0;
  for (std::size_t c = 0; c < cells_; ++c) {
    if (seeds_of_cell_[c] == 0.0) continue;
    runs += seeds_of_cell_[c];
    cells += 1.0;
    for (std::size_t s = 0; s < seeds_; ++s) {
      if (present_[c * seeds_ + s] == 0) continue;
      normal[s * seeds_ + s] += 1.0;
      for (std::size_t t = 0; t < seeds_; ++t) {
        if (present_[c * seeds_ + t] != 0) normal[s * seeds_ + t] -= 1.0 / seeds_of_cell_[c];
      }
    }
  }
  inverse_.assign(seeds_ * seeds_, 0.0);
  for (std::size_t s = 0; s < seeds_; ++s) inverse_[s * seeds_ + s] = 1.0;
  std::vector<char> is_fixed(seeds_, 0);
  double rank = 0.0;
  for (std::size_t p = 0; p < seeds_; ++p) {
    constexpr double kVanished = 1e-9;
    const double pivot = normal[p * seeds_ + p];
    if (pivot < kVanished) {
      is_fixed[p] = 1;
      continue;
    }
    rank += 1.0;
    for (std::size_t r = 0; r < seeds_; ++r) {
      if (r == p) continue;
      const double factor = normal[r * seeds_ + p] / pivot;
      for (std::size_t k = 0; k < seeds_; ++k) {
        normal[r * seeds_ + k] -= factor * normal[p * seeds_ + k];
        inverse_[r * seeds_ + k] -= factor * inverse_[p * seeds_ + k];
      }
    }
    for (std::size_t k = 0; k < seeds_; ++k) {
      normal[p * seeds_ + k] /= pivot;
      inverse_[p * seeds_ + k] /= pivot;
    }
  }
  for (std::size_t s = 0; s < seeds_; ++s) {
    for (std::size_t k = 0; is_fixed[s] != 0 && k < seeds_; ++k)
      inverse_[s * seeds_ + k] = inverse_[k * seeds_ + s] = 0.0;
  }
  degrees_of_cells_ = runs - cells;
  degrees_ = degrees_of_cells_ - rank;
}

void SeedEffects::remove_cells(std::span<double> runs) const {
  for (std::size_t c = 0; c < cells_; ++c) {
    double middle = 0.0;
    for (std::size_t s = 0; s < seeds_; ++s) {
      if (present_[c * seeds_ + s] != 0) middle += runs[c * seeds_ + s] / seeds_of_cell_[c];
    }
    for (std::size_t s = 0; s < seeds_; ++s) {
      double& run = runs[c * seeds_ + s];
      run = present_[c * seeds_ + s] != 0 ? run - middle : 0.0;
    }
  }
}

void SeedEffects::remove(std::span<double> runs) const {
  remove_cells(runs);
  std::vector<double> of_seed(seeds_, 0.0), effect(seeds_, 0.0);
  for (std::size_t i = 0; i < runs.size(); ++i) of_seed[i % seeds_] += runs[i];
  for (std::size_t s = 0; s < seeds_; ++s) {
    for (std::size_t t = 0; t < seeds_; ++t) effect[s] += inverse_[s * seeds_ + t] * of_seed[t];
  }
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i] -= effect[i % seeds_];
  remove_cells(runs);
}

}  // namespace imp::results
