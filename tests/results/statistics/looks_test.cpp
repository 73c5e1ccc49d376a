// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/looks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/results/statistics/simulated_sweep.h"

namespace imp::results {
namespace {

TEST(Looks, HavePococksPublishedLevels) {
  // Pocock, Biometrika 64 (1977), table 1, two-sided 0.05 and 0.01.
  constexpr double kLevels[] = {0.05, 0.0294, 0.0221, 0.0182, 0.0158};
  for (int looks = 1; looks <= 5; ++looks)
    EXPECT_NEAR(nominal_level(0.05, looks), kLevels[looks - 1], 5e-5) << looks;
  EXPECT_NEAR(nominal_level(0.01, 4), 0.0033, 5e-5);
}

TEST(Looks, FindADifferenceThatIsNotThereAsOftenAsARandomWalkDoes) {
  SimulationRandom random(7);
  constexpr int kWalks = 100'000, kLooks = 4;
  constexpr double kBound = 2.0;  // standard deviations
  int found = 0;
  for (int i = 0; i < kWalks; ++i) {
    double sum = 0.0;
    bool is_found = false;
    for (int look = 1; look <= kLooks; ++look) {
      sum += random.normal();
      is_found = is_found || std::abs(sum) >= kBound * std::sqrt(look);
    }
    if (is_found) ++found;
  }
  const double p = std::erfc(kBound / std::sqrt(2.0));
  EXPECT_NEAR(p_over_looks(p, kLooks), static_cast<double>(found) / kWalks, 0.004);
}

TEST(Looks, AdjustPJustAsTheyAdjustTheInterval) {
  const double nominal = nominal_level(0.05, 4);
  EXPECT_LT(p_over_looks(nominal * 0.999, 4), 0.05);
  EXPECT_GT(p_over_looks(nominal * 1.001, 4), 0.05);
}

TEST(Looks, OfVerySmallPAreAsManyChances) {
  for (const double p : {1e-6, 1e-12, 1e-30}) {
    EXPECT_LE(p_over_looks(p, 4), 4.0 * p * 1.001) << p;
    EXPECT_GT(p_over_looks(p, 4), 3.0 * p) << p;
  }
  EXPECT_EQ(p_over_looks(0.0, 4), 0.0);
  EXPECT_EQ(p_over_looks(1.0, 4), 1.0);
  EXPECT_TRUE(std::isnan(p_over_looks(std::nan(""), 4)));
}

TEST(Looks, OneChangesNothing) {
  EXPECT_EQ(p_over_looks(0.03, 1), 0.03);
}

}  // namespace
}  // namespace imp::results
