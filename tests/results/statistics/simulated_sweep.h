// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "results/statistics/picture_sums.h"

namespace imp::results {

/// Deterministic random numbers (splitmix64) for simulations.
class SimulationRandom {
 public:
  explicit SimulationRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits();
  double uniform();  ///< in [0, 1)
  double normal();

 private:
  std::uint64_t state_;
};

/// How the answers of a simulated sweep come about: on the logit, a question's difficulty + its picture's +
/// the cell's part in it + what the training run of the cell and seed adds.
struct SweepModel {
  std::size_t cells = 6, seeds = 2, pictures = 170, questions_a_picture = 3;
  bool unequal_pictures = false;  ///< 1 to 2 k - 1 questions instead of k
  double seed_deviation = 0.1;    ///< of a training run, on the logit
  double seed_correlation = 0.0;  ///< of the runs of different cells with the same seed
  double spread_of_first = 1.0;   ///< the first cell's seeds spread so many times as much
  double level = 1.2;             ///< mean logit: 1.2 gives about 71 % right, 4.2 about 95 %
  double effect = 0.0;            ///< of the second half of the cells over the first, on the logit
  int soft_levels = 1;            ///< scores are k / soft_levels
};

/// One simulated sweep on one benchmark.
[[nodiscard]] PictureSums simulate_sweep(const SweepModel& model, SimulationRandom& random);

/// The true value of a contrast (one weight a cell), averaged over questions, pictures and training runs.
[[nodiscard]] double true_contrast(const SweepModel& model, std::span<const double> weights);

}  // namespace imp::results
