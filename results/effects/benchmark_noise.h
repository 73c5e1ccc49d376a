// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
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

/// One a benchmark of a sweep, from its answers; none unless two cells have two seeds in common.
[[nodiscard]] std::vector<BenchmarkNoise> compute_benchmark_noises(Database& database,
                                                                   const ComparedSweep& sweep,
                                                                   const std::string& name);

/// Puts `noises` in place of the sweep's rows of table benchmark_noise. Call it in a transaction.
void replace_benchmark_noises(Database& database, std::int64_t sweep_id,
                              const std::vector<BenchmarkNoise>& noises);

/// The same as they were kept when the sweep was read in, or, while a sweep goes on, computed.
[[nodiscard]] std::vector<BenchmarkNoise> benchmark_noises(Database& database, const ComparedSweep& sweep,
                                                           const std::string& name);

/// The noise on a benchmark from `preferred`, a sweep's name, if that tells it, or else from the newest sweep
/// that does. Nothing if none does.
[[nodiscard]] std::optional<BenchmarkNoise> earlier_noise(Database& database, const std::string& benchmark,
                                                          const std::string& preferred);

}  // namespace imp::results
