// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/holm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace imp::results {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TEST(Holm, EqualsR) {
  // p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.5), "holm")
  EXPECT_THAT(holm_adjusted(std::vector<double>{0.01, 0.02, 0.03, 0.04, 0.5}),
              ElementsAre(DoubleNear(0.05, 1e-12), DoubleNear(0.08, 1e-12), DoubleNear(0.09, 1e-12),
                          DoubleNear(0.09, 1e-12), DoubleNear(0.5, 1e-12)));
}

TEST(Holm, KeepsTheOrderGiven) {
  EXPECT_THAT(holm_adjusted(std::vector<double>{0.5, 0.01, 0.2}),
              ElementsAre(DoubleNear(0.5, 1e-12), DoubleNear(0.03, 1e-12), DoubleNear(0.4, 1e-12)));
}

TEST(Holm, NeverExceedsOne) {
  EXPECT_THAT(holm_adjusted(std::vector<double>{0.9, 0.8}), ElementsAre(1.0, 1.0));
}

TEST(Holm, WhatIsNoNumberIsNoMemberOfTheFamily) {
  const auto adjusted = holm_adjusted(std::vector<double>{0.03, std::nan(""), 0.02});
  EXPECT_NEAR(adjusted[0], 0.04, 1e-12);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_NEAR(adjusted[2], 0.04, 1e-12);
}

}  // namespace
}  // namespace imp::results
