// SPDX-License-Identifier: Apache-2.0
#include "tests/results/statistics/coverage.h"

#include <cmath>
#include <utility>

#include "results/statistics/contrast.h"

namespace imp::results {

std::vector<double> contrast_weights(ContrastKind kind, std::size_t cells) {
  const std::size_t second_half = (cells + 1) / 2, pairs = cells / 2;
  std::vector<double> weights(cells, 0.0);
  if (kind == ContrastKind::main_effect) {
    for (std::size_t c = 0; c < pairs; ++c) {
      weights[c] = 1.0 / static_cast<double>(pairs);
      weights[second_half + c] = -weights[c];
    }
  } else if (kind == ContrastKind::interaction) {
    weights[0] = weights[second_half + 1] = 1.0;
    weights[1] = weights[second_half] = -1.0;
  } else {
    weights[0] = 1.0;
    weights[cells - 1] = -1.0;
  }
  return weights;
}

Coverage simulate_coverage(const Regime& regime, int sweeps, std::uint64_t seed) {
  SimulationRandom random(seed);
  const std::vector<double> weights = contrast_weights(regime.kind, regime.model.cells);
  const double truth = true_contrast(regime.model, weights);
  int held = 0, own = 0;
  double width = 0.0;
  for (int i = 0; i < sweeps; ++i) {
    std::vector<PictureSums> benchmarks{simulate_sweep(regime.model, random)};
    if (regime.kind == ContrastKind::mean_of_benchmarks)
      benchmarks.push_back(simulate_sweep(regime.model, random));
    const ContrastEstimate estimate = ContrastEstimator(std::move(benchmarks)).estimate(weights);
    if (std::abs(estimate.difference - truth) <= estimate.half_width()) ++held;
    if (estimate.spread == SeedSpread::own) ++own;
    width += estimate.half_width();
  }
  const auto count = static_cast<double>(sweeps);
  return {held / count, width / count, own / count};
}

}  // namespace imp::results
