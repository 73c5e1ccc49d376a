// SPDX-License-Identifier: Apache-2.0
// Values that transformers.get_{cosine,linear,constant}_schedule_with_warmup and get_wsd_schedule (decay_type
// "1-sqrt", 4 steps of decay) gave (transformers 5.17, 3 warm-up steps of 10).
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

constexpr std::array<double, 11> kWarmupStableDecay{
    0.0, 0.3333333333333333, 0.6666666666666666, 1.0, 1.0, 1.0, 1.0,
    0.5, 0.2928932188134524, 0.1339745962155614, 0.0};
constexpr ScheduleLengths kLengths{.warmup = 3, .total = 10, .cooldown = 4};

TEST(Schedule, GivesTransformersFactors) {
  for (int64_t step = 0; step < 11; ++step) {
    const auto i = static_cast<size_t>(step);
    EXPECT_NEAR(schedule_factor(Schedule::cosine, step, kLengths), kCosine[i], 1e-12) << "step " << step;
    EXPECT_NEAR(schedule_factor(Schedule::linear, step, kLengths), kLinear[i], 1e-12) << "step " << step;
    EXPECT_NEAR(schedule_factor(Schedule::constant, step, kLengths), step < 3 ? kLinear[i] : 1.0, 1e-12)
        << "step " << step;
    EXPECT_NEAR(schedule_factor(Schedule::warmup_stable_decay, step, kLengths), kWarmupStableDecay[i], 1e-12)
        << "step " << step;
  }
}

TEST(Schedule, WithoutWarmupBeginsAtItsPeak) {
  for (const Schedule schedule :
       {Schedule::cosine, Schedule::linear, Schedule::constant, Schedule::warmup_stable_decay}) {
    EXPECT_EQ(schedule_factor(schedule, 0, {.warmup = 0, .total = 10, .cooldown = 4}), 1.0);
  }
}

TEST(Schedule, IsNeverBelowZeroBeyondItsEnd) {
  for (const Schedule schedule : {Schedule::cosine, Schedule::linear, Schedule::warmup_stable_decay}) {
    for (int64_t step = 10; step < 15; ++step) EXPECT_GE(schedule_factor(schedule, step, kLengths), 0.0);
  }
  EXPECT_EQ(schedule_factor(Schedule::cosine, 1, {.warmup = 1, .total = 1}), 1.0);  // nothing but warm-up
}

TEST(Schedule, WarmupIsRoundedUp) {
  EXPECT_EQ(warmup_steps(0.03, 100), 3);
  EXPECT_EQ(warmup_steps(0.03, 101), 4);
  EXPECT_EQ(warmup_steps(0.03, 1), 1);
  EXPECT_EQ(warmup_steps(0.0, 1000), 0);
}

TEST(Schedule, RunsOfMoreEpochsHaveTheSameRatesUntilTheShorterCoolsDown) {
  constexpr int64_t kSteps = 17;  // an epoch
  const auto lengths = [](int64_t epochs) {
    return schedule_lengths(Schedule::warmup_stable_decay, 0.1, 0.25, epochs * kSteps, kSteps);
  };
  for (int64_t epochs = 1; epochs < 4; ++epochs) {
    const ScheduleLengths shorter = lengths(epochs), longer = lengths(epochs + 1);
    EXPECT_EQ(shorter.cooldown, 5);  // 4.25, rounded up
    for (int64_t step = 0; step < shorter.total; ++step) {
      const double rate = schedule_factor(Schedule::warmup_stable_decay, step, shorter),
                   other = schedule_factor(Schedule::warmup_stable_decay, step, longer);
      if (step <= shorter.total - shorter.cooldown) {
        EXPECT_EQ(rate, other) << "step " << step << " of " << epochs << " epochs";
      } else {
        EXPECT_LT(rate, other) << "step " << step << " of " << epochs << " epochs";
      }
    }
  }
}

TEST(Schedule, RatesMakeNoJumpWhereWarmupReachesIntoTheCooldown) {
  const ScheduleLengths lengths = schedule_lengths(Schedule::warmup_stable_decay, 0.5, 1.0, 100, 100);
  double before = 0.0;
  for (int64_t step = 0; step < 100; ++step) {
    const double rate = schedule_factor(Schedule::warmup_stable_decay, step, lengths);
    EXPECT_NEAR(rate, before, 0.02) << "step " << step;
    before = rate;
  }
}

TEST(Schedule, OtherSchedulesTakeTheWarmupOfTheWholeRun) {
  const ScheduleLengths lengths = schedule_lengths(Schedule::cosine, 0.1, 0.25, 300, 100);
  EXPECT_EQ(lengths.warmup, 30);
  EXPECT_EQ(lengths.cooldown, 0);
}

TEST(Schedule, AnUnknownNameIsRefused) {
  EXPECT_EQ(parse_schedule("cosine"), Schedule::cosine);
  EXPECT_EQ(parse_schedule("warmup_stable_decay"), Schedule::warmup_stable_decay);
  EXPECT_THROW((void)parse_schedule("cosines"), Error);
}

}  // namespace
}  // namespace imp::harness
