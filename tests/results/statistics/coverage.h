// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/results/statistics/simulated_sweep.h"

namespace imp::results {

/// What is estimated in a simulated sweep. Its cells are a grid of two levels (first and second half); with
/// an odd number of cells the last one of the second half is missing.
enum class ContrastKind {
  pair,               ///< the first cell against the last
  main_effect,        ///< the first half against the second, matched cells only
  interaction,        ///< how the difference of the halves changes from the first matched pair to the second
  mean_of_benchmarks  ///< the pair, on the mean of two benchmarks
};

struct Regime {
  std::string name;
  SweepModel model;
  ContrastKind kind = ContrastKind::pair;
};

/// One weight a cell.
[[nodiscard]] std::vector<double> contrast_weights(ContrastKind kind, std::size_t cells);

/// What became of the 95 % intervals of many simulated sweeps; all are fractions.
struct Coverage {
  double held = 0.0;        ///< how often the interval holds the true value
  double half_width = 0.0;  ///< mean half width, of a score in [0, 1]
  double own_spread = 0.0;  ///< how often the interval rests on the contrast's own cells
};
[[nodiscard]] Coverage simulate_coverage(const Regime& regime, int sweeps, std::uint64_t seed = 2026);

}  // namespace imp::results
