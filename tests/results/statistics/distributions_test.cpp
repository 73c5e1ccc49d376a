// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/distributions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace imp::results {
namespace {

// The numbers of these tests are R 4.2's: qt, pt, qf, and power.t.test(strict = TRUE).

TEST(StudentT, QuantilesEqualTheTables) {
  EXPECT_NEAR(student_t_quantile(0.975, 1.0), 12.7062047, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.975, 2.0), 4.3026527, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 10.0), 2.2281389, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 100.0), 1.9839715, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 1e5), 1.9599877, 1e-6);
}

TEST(StudentT, TwoSidedPIsTheQuantilesInverse) {
  for (const double degrees : {1.0, 1.7, 4.0, 33.3, 1000.0}) {
    for (const double level : {0.6, 0.9, 0.975, 0.9995}) {
      const double t = student_t_quantile(level, degrees);
      EXPECT_NEAR(student_t_two_sided_p(t, degrees), 2.0 * (1.0 - level), 1e-10);
      EXPECT_NEAR(student_t_two_sided_p(-t, degrees), 2.0 * (1.0 - level), 1e-10);
    }
  }
  EXPECT_EQ(student_t_two_sided_p(std::numeric_limits<double>::infinity(), 3.0), 0.0);
  EXPECT_TRUE(std::isnan(student_t_two_sided_p(std::nan(""), 3.0)));
}

TEST(FisherF, QuantilesEqualTheTables) {
  EXPECT_NEAR(fisher_f_quantile(0.95, 1.0, 5.0), 6.6078910, 1e-6);
  EXPECT_NEAR(fisher_f_quantile(0.95, 2.0, 10.0), 4.1028210, 1e-6);
  EXPECT_NEAR(fisher_f_quantile(0.95, 4.0, 44.0), 2.5836672, 1e-6);
}

TEST(StudentTPower, EqualsTheBookOfNoncentralT) {
  // power.t.test(n = 20, delta = 1, sd = 1, strict = TRUE): noncentrality sqrt(10), 38 degrees of freedom.
  EXPECT_NEAR(student_t_power(std::sqrt(10.0), 38.0, 0.05), 0.8689529, 1e-6);
  EXPECT_NEAR(student_t_power(0.0, 7.0, 0.05), 0.05, 1e-9);
}

}  // namespace
}  // namespace imp::results
