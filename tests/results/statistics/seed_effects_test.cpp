// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/seed_effects.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/results/statistics/simulated_sweep.h"

namespace imp::results {
namespace {

struct Table {
  std::size_t cells, seeds;
  std::vector<char> present;
};

std::vector<double> random_runs(const Table& table, SimulationRandom& random) {
  std::vector<double> runs(table.cells * table.seeds);
  for (double& run : runs) run = random.normal();
  return runs;
}

/// Least squares by taking cells and seeds out in turn until nothing changes (backfitting).
std::vector<double> backfitted(const Table& table, std::vector<double> runs) {
  const auto take_out = [&](std::size_t outer, std::size_t inner, std::size_t outer_step,
                            std::size_t inner_step) {
    for (std::size_t o = 0; o < outer; ++o) {
      double sum = 0.0, count = 0.0;
      for (std::size_t i = 0; i < inner; ++i) {
        const std::size_t run = o * outer_step + i * inner_step;
        if (table.present[run] == 0) continue;
        sum += runs[run];
        count += 1.0;
      }
      for (std::size_t i = 0; i < inner && count > 0.0; ++i)
        runs[o * outer_step + i * inner_step] -= sum / count;
    }
  };
  for (int turn = 0; turn < 2000; ++turn) {
    take_out(table.cells, table.seeds, table.seeds, 1);
    take_out(table.seeds, table.cells, 1, table.seeds);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (table.present[i] == 0) runs[i] = 0.0;
  }
  return runs;
}

const std::vector<Table> kTables{
    {3, 4, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},              // whole
    {3, 4, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0}},              // two cells were given more
    {4, 3, {1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0}},              // gaps anywhere
    {4, 4, {1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1}},  // two parts without a seed in common
    {2, 3, {1, 1, 0, 0, 1, 1}},
};

TEST(SeedEffects, AreTakenOutByLeastSquares) {
  SimulationRandom random(4);
  for (const Table& table : kTables) {
    const SeedEffects effects(table.cells, table.seeds, table.present);
    std::vector<double> runs = random_runs(table, random);
    const std::vector<double> wanted = backfitted(table, runs);
    effects.remove(runs);
    for (std::size_t i = 0; i < runs.size(); ++i) EXPECT_NEAR(runs[i], wanted[i], 1e-9) << i;
  }
}

TEST(SeedEffects, LeaveAsManyDegreesOfFreedomAsTheResidualsHave) {
  // The mean square of normal noise is 1, whatever the cells and seeds add and whichever runs are missing.
  SimulationRandom random(5);
  const std::vector<double> degrees{6, 4, 2, 2, 0};
  for (std::size_t t = 0; t < kTables.size(); ++t) {
    const Table& table = kTables[t];
    const SeedEffects effects(table.cells, table.seeds, table.present);
    EXPECT_NEAR(effects.degrees(), degrees[t], 1e-12);
    constexpr int kDraws = 4000;
    double squares = 0.0;
    for (int i = 0; i < kDraws; ++i) {
      std::vector<double> runs = random_runs(table, random);
      for (std::size_t r = 0; r < runs.size(); ++r)
        runs[r] += 10.0 * static_cast<double>(r / table.seeds) - 7.0 * static_cast<double>(r % table.seeds);
      effects.remove(runs);
      for (const double run : runs) squares += run * run / kDraws;
    }
    EXPECT_NEAR(squares, degrees[t], 0.03 * degrees[t] + 1e-9) << t;
  }
}

}  // namespace
}  // namespace imp::results
