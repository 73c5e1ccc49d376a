// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/compared_sweep.h"
#include "results/statistics/power.h"

namespace imp::results {

/// What makes scores on a benchmark uncertain, as a sweep's answers tell it.
struct BenchmarkNoise {
  std::string benchmark;
  std::string sweep;                 ///< whose answers
  std::size_t cells = 0, seeds = 0;  ///< of the cell with the fewest
  std::size_t questions = 0, pictures = 0;
  NoiseModel model;
};

/// One a benchmark of a sweep; none unless two cells have two seeds in common.
[[nodiscard]] std::vector<BenchmarkNoise> benchmark_noises(Database& database, const ComparedSweep& sweep,
                                                           const std::string& name);

/// The noise on a benchmark from `preferred`, a sweep's name, if that tells it, or else from the newest sweep
/// that does. Nothing if none does.
[[nodiscard]] std::optional<BenchmarkNoise> earlier_noise(Database& database, const std::string& benchmark,
                                                          const std::string& preferred);

}  // namespace imp::results
