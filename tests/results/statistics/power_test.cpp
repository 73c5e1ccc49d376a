// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/power.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/results/statistics/simulated_sweep.h"

namespace imp::results {
namespace {

/// The noise of a simulated sweep, averaged over many of them.
NoiseModel average_noise(const SweepModel& model, int sweeps) {
  SimulationRandom random(9);
  NoiseModel average;
  for (int i = 0; i < sweeps; ++i) {
    const NoiseModel noise = noise_model(ContrastEstimator({simulate_sweep(model, random)}), model.pictures);
    average.picture_variance += noise.picture_variance / sweeps;
    average.question_variance += noise.question_variance / sweeps;
    average.cell_seed_variance += noise.cell_seed_variance / sweeps;
  }
  return average;
}

/// Standard deviation of the estimated difference of two cells over many simulated sweeps.
double spread_of_differences(const SweepModel& model, int sweeps) {
  SimulationRandom random(10);
  double sum = 0.0, squares = 0.0;
  std::vector<double> weights(model.cells, 0.0);
  weights[0] = 1.0;
  weights[1] = -1.0;
  for (int i = 0; i < sweeps; ++i) {
    const double difference = ContrastEstimator({simulate_sweep(model, random)}).estimate(weights).difference;
    sum += difference;
    squares += difference * difference;
  }
  return std::sqrt(squares / sweeps - (sum / sweeps) * (sum / sweeps));
}

// What is learnt from 3 seeds and 100 pictures foretells other numbers of both.
TEST(Foresight, ForetellsTheSpreadOfOtherDesigns) {
  const SweepModel measured{.cells = 4, .seeds = 3, .pictures = 100, .seed_deviation = 0.3};
  const NoiseModel noise = average_noise(measured, 150);
  for (const auto& [seeds, pictures] :
       std::vector<std::pair<std::size_t, std::size_t>>{{2, 100}, {6, 100}, {3, 400}}) {
    SweepModel other = measured;
    other.seeds = seeds;
    other.pictures = pictures;
    const double foretold = Foresight(noise, {4, 1, seeds, pictures}).standard_error();
    EXPECT_NEAR(foretold / spread_of_differences(other, 600), 1.0, 0.1) << seeds << " seeds, " << pictures;
  }
}

TEST(Foresight, TheSmallestEffectIsSeenAsOftenAsSaid) {
  const NoiseModel noise{.picture_variance = 0.05, .question_variance = 0.05, .cell_seed_variance = 1e-4};
  const Foresight foresight(noise, {6, 1, 3, 170});
  EXPECT_GT(foresight.smallest_effect(0.8), foresight.half_width());
  EXPECT_GT(foresight.smallest_effect(0.9), foresight.smallest_effect(0.8));
}

TEST(SeedsNeeded, AreTheFewestThatSeeTheEffect) {
  const NoiseModel noise{.picture_variance = 0.001, .question_variance = 0.05, .cell_seed_variance = 1e-4};
  Design design{6, 1, 2, 500};
  const auto needed = seeds_needed(noise, design, 0.005);
  ASSERT_TRUE(needed);
  design.seeds = *needed;
  EXPECT_LE(Foresight(noise, design).smallest_effect(), 0.005);
  design.seeds = *needed - 1;
  EXPECT_GT(Foresight(noise, design).smallest_effect(), 0.005);
}

TEST(SeedsNeeded, NoNumberOfSeedsMakesUpForTooFewPictures) {
  const NoiseModel noise{.picture_variance = 0.05, .question_variance = 0.05, .cell_seed_variance = 1e-4};
  EXPECT_FALSE(seeds_needed(noise, {6, 1, 2, 100}, 0.002));
}

TEST(SeedsNeeded, MatchedPairsShareTheWork) {
  const NoiseModel noise{.picture_variance = 0.001, .question_variance = 0.05, .cell_seed_variance = 4e-4};
  EXPECT_LT(*seeds_needed(noise, {12, 6, 2, 1000}, 0.01), *seeds_needed(noise, {12, 1, 2, 1000}, 0.01));
}

}  // namespace
}  // namespace imp::results
