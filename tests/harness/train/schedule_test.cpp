// SPDX-License-Identifier: Apache-2.0
// Values that transformers.get_{cosine,linear,constant}_schedule_with_warmup gave (transformers 5.17, 3
// warm-up steps of 10).
#include "harness/train/schedule.h"

#include <gtest/gtest.h>

#include <array>

#include "models/io/error.h"

namespace imp::harness {
namespace {

constexpr std::array<double, 11> kCosine{0.0,
                                         0.3333333333333333,
                                         0.6666666666666666,
                                         1.0,
                                         0.9504844339512095,
                                         0.8117449009293668,
                                         0.6112604669781572,
                                         0.38873953302184283,
                                         0.18825509907063326,
                                         0.04951556604879048,
                                         0.0};
constexpr std::array<double, 11> kLinear{0.0,
                                         0.3333333333333333,
                                         0.6666666666666666,
                                         1.0,
                                         0.8571428571428571,
                                         0.7142857142857143,
                                         0.5714285714285714,
                                         0.42857142857142855,
                                         0.2857142857142857,
                                         0.14285714285714285,
                                         0.0};

TEST(Schedule, GivesTransformersFactors) {
  for (int64_t step = 0; step < 11; ++step) {
    const auto i = static_cast<size_t>(step);
    EXPECT_NEAR(schedule_factor(Schedule::cosine, step, 3, 10), kCosine[i], 1e-12) << "step " << step;
    EXPECT_NEAR(schedule_factor(Schedule::linear, step, 3, 10), kLinear[i], 1e-12) << "step " << step;
    EXPECT_NEAR(schedule_factor(Schedule::constant, step, 3, 10), step < 3 ? kLinear[i] : 1.0, 1e-12)
        << "step " << step;
  }
}

TEST(Schedule, WithoutWarmupBeginsAtItsPeak) {
  for (const Schedule schedule : {Schedule::cosine, Schedule::linear, Schedule::constant}) {
    EXPECT_EQ(schedule_factor(schedule, 0, 0, 10), 1.0);
  }
}

TEST(Schedule, IsNeverBelowZeroBeyondItsEnd) {
  for (const Schedule schedule : {Schedule::cosine, Schedule::linear}) {
    for (int64_t step = 10; step < 15; ++step) EXPECT_GE(schedule_factor(schedule, step, 3, 10), 0.0);
  }
  EXPECT_EQ(schedule_factor(Schedule::cosine, 1, 1, 1), 1.0);  // nothing but warm-up
}

TEST(Schedule, WarmupIsRoundedUp) {
  EXPECT_EQ(warmup_steps(0.03, 100), 3);
  EXPECT_EQ(warmup_steps(0.03, 101), 4);
  EXPECT_EQ(warmup_steps(0.03, 1), 1);
  EXPECT_EQ(warmup_steps(0.0, 1000), 0);
}

TEST(Schedule, AnUnknownNameIsRefused) {
  EXPECT_EQ(parse_schedule("cosine"), Schedule::cosine);
  EXPECT_THROW((void)parse_schedule("cosines"), Error);
}

}  // namespace
}  // namespace imp::harness
