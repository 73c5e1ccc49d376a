// SPDX-License-Identifier: Apache-2.0
#include "tests/results/statistics/coverage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "results/statistics/contrast.h"

namespace imp::results {
namespace {

// Does a 95 % interval hold the true value in 95 % of sweeps? tests/bench/coverage_table.cpp prints the whole
// table.

int sweeps_a_regime() {
  const char* const is_long = std::getenv("IMP_LONG");
  return is_long != nullptr && std::string(is_long) == "1" ? 4000 : 1000;
}

class CoverageOfRegime : public testing::TestWithParam<Regime> {};

// 1,000 sweeps know a coverage of 95 % to 0.7 points. Intervals are a little wide where seeds do not matter,
// since the seeds' part cannot be estimated below 0.
TEST_P(CoverageOfRegime, OfA95PercentIntervalIs95Percent) {
  const double held = simulate_coverage(GetParam(), sweeps_a_regime()).held;
  EXPECT_GE(held, 0.93);
  EXPECT_LE(held, 0.99);
}

INSTANTIATE_TEST_SUITE_P(
    Regimes, CoverageOfRegime,
    testing::Values(
        Regime{"SeedsDoNotMatter", {.seed_deviation = 0.0}}, Regime{"TwoSeeds", {}},
        Regime{"SeedsMatterMuch", {.seed_deviation = 0.3}},
        Regime{"ThreeCellsThreeSeeds", {.cells = 3, .seeds = 3}},
        Regime{"SeedsActAlike", {.seeds = 3, .seed_deviation = 0.3, .seed_correlation = 0.8}},
        Regime{"FewUnequalPictures", {.seeds = 3, .pictures = 30, .unequal_pictures = true}},
        Regime{"MainEffectOfTwelveCells",
               {.cells = 12, .pictures = 80, .seed_deviation = 0.3},
               ContrastKind::main_effect},
        Regime{"Interaction", {.seeds = 3, .pictures = 80}, ContrastKind::interaction},
        Regime{"MeanOfTwoBenchmarks", {.seeds = 3, .pictures = 80}, ContrastKind::mean_of_benchmarks},
        Regime{"NearTheCeiling", {.seeds = 3, .level = 4.2}},
        Regime{"SoftScores", {.seeds = 3, .pictures = 60, .soft_levels = 10}},
        Regime{"MissingCell", {.cells = 5, .pictures = 80, .effect = 0.5}, ContrastKind::main_effect},
        Regime{"OneCellSpreadsMore", {.seeds = 5, .pictures = 80, .spread_of_first = 2}},
        Regime{"TrueEffect", {.seeds = 3, .effect = 0.5}}),
    [](const testing::TestParamInfo<Regime>& regime) { return regime.param.name; });

// What the interval is for: leaving the seeds out covers far too rarely where they matter.
TEST(Coverage, OfAnIntervalOfQuestionsAloneIsFarTooSmallWhereSeedsMatter) {
  SimulationRandom random(1);
  const SweepModel model{.cells = 2, .seeds = 1, .seed_deviation = 0.3};
  int held = 0;
  for (int i = 0; i < 500; ++i) {
    const auto estimate = ContrastEstimator({simulate_sweep(model, random)}).estimate(std::vector{1.0, -1.0});
    if (std::abs(estimate.difference) <= estimate.half_width()) ++held;
  }
  EXPECT_LT(held, 400);
}

}  // namespace
}  // namespace imp::results
