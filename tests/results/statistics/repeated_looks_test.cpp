// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "results/statistics/contrast.h"
#include "results/statistics/looks.h"
#include "tests/results/statistics/simulated_sweep.h"

namespace imp::results {
namespace {

// A sweep whose seeds are added where a difference is not resolved, as imp-sweep --until-resolved adds them.

constexpr std::size_t kCells = 3, kSeedsALook = 2, kLooks = 4;
constexpr std::array<std::pair<std::size_t, std::size_t>, 3> kPairs{{{0, 1}, {0, 2}, {1, 2}}};

struct Outcome {
  bool claimed = false;  ///< a difference of the first two cells, which is 0, at some look
  std::size_t runs = 0;  ///< that were made
};

Outcome look_repeatedly(const PictureSums& whole, double confidence) {
  Outcome outcome;
  std::vector<std::size_t> seeds(kCells, kSeedsALook);
  for (std::size_t look = 1; look <= kLooks; ++look) {
    PictureSums table = whole;
    for (std::size_t c = 0; c < kCells; ++c) {
      for (std::size_t s = seeds[c]; s < table.seeds(); ++s) table.leave_out(c, s);
    }
    const ContrastEstimator estimator({std::move(table)});
    std::set<std::size_t> open;
    for (const auto& [a, b] : kPairs) {
      std::vector<double> weights(kCells, 0.0);
      weights[a] = -1.0;
      weights[b] = 1.0;
      const ContrastEstimate estimate = estimator.estimate(weights);
      const bool resolved = std::abs(estimate.difference) > estimate.half_width(confidence);
      if (!resolved) open.insert({a, b});
      if (resolved && b == 1) outcome.claimed = true;
    }
    if (look == kLooks) break;
    for (const std::size_t c : open) seeds[c] = (look + 1) * kSeedsALook;
  }
  for (const std::size_t count : seeds) outcome.runs += count;
  return outcome;
}

struct Rates {
  double claimed = 0.0, runs = 0.0;
};

constexpr int kSweeps = 1500;

/// Sweeps whose third cell is far from the first two, so that it is resolved early and gets no more seeds.
Rates simulate(double seed_deviation, double confidence) {
  constexpr double kFar = 0.3;
  const SweepModel model{
      .cells = kCells, .seeds = kSeedsALook * kLooks, .pictures = 40, .seed_deviation = seed_deviation};
  SimulationRandom random(31);
  Rates rates;
  for (int i = 0; i < kSweeps; ++i) {
    PictureSums sums = simulate_sweep(model, random);
    for (std::size_t s = 0; s < sums.seeds(); ++s) {
      for (std::size_t p = 0; p < sums.pictures(); ++p) sums.at(kCells - 1, s, p) += kFar * sums.questions(p);
    }
    const Outcome outcome = look_repeatedly(sums, confidence);
    rates.claimed += outcome.claimed ? 1.0 / kSweeps : 0.0;
    rates.runs += static_cast<double>(outcome.runs) / kSweeps;
  }
  return rates;
}

TEST(RepeatedLooks, ClaimADifferenceThatIsNotThereInFivePercentOfSweepsAtMost) {
  for (const double deviation : {0.0, 0.1, 0.3}) {
    const Rates rates = simulate(deviation, 1.0 - nominal_level(0.05, kLooks));
    EXPECT_LT(rates.claimed, 0.05 + 2.0 * std::sqrt(0.05 * 0.95 / kSweeps)) << deviation;
    EXPECT_LT(rates.runs, 0.95 * kCells * kSeedsALook * kLooks) << "the third cell seldom needs more";
  }
}

TEST(RepeatedLooks, ThatAreNotAccountedForClaimItMoreOften) {
  EXPECT_GT(simulate(0.3, 0.95).claimed, 0.08);
}

}  // namespace
}  // namespace imp::results
