// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/machine.h"

#include <gtest/gtest.h>

namespace imp::harness {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

Machine machine_of(int cores, std::int64_t memory = 16 * kGiB) {
  Machine machine;
  machine.cores = cores;
  machine.memory = machine.available_memory = memory;
  return machine;
}

/// Trials whose training is predicted to take so much memory.
Plan plan_of(std::size_t trials, std::int64_t bytes) {
  Plan plan;
  PlannedStage stage{.request = {}, .reason = "", .seconds = {}};
  stage.memory = MemoryEstimate{.program = bytes};
  plan.stages.push_back(stage);
  PlannedTrial trial;
  trial.planned = {0};
  plan.trials.assign(trials, trial);
  return plan;
}

TEST(Jobs, DivideTheCores) {
  const Plan plan = plan_of(12, kGiB);
  EXPECT_EQ(choose_jobs("1", plan, machine_of(8)).threads, 8);
  EXPECT_EQ(choose_jobs("2", plan, machine_of(8)).threads, 4);
  EXPECT_EQ(choose_jobs("3", plan, machine_of(8)).threads, 2);
  EXPECT_EQ(choose_jobs("20", plan, machine_of(8)).threads, 1);
  EXPECT_EQ(choose_jobs("20", plan, machine_of(8)).count, 20);
}

TEST(Jobs, HaveNoMoreThreadsThanTheUserAllows) {
  Machine machine = machine_of(8);
  machine.most_threads = 1;
  EXPECT_EQ(choose_jobs("2", plan_of(4, kGiB), machine).threads, 1);
}

TEST(Jobs, AutoIsAJobACoreForSmallModels) {
  EXPECT_EQ(choose_jobs("auto", plan_of(12, kGiB), machine_of(2)).count, 2);
  EXPECT_EQ(choose_jobs("auto", plan_of(12, kGiB), machine_of(8)).count, 8);
  const Jobs few = choose_jobs("auto", plan_of(3, kGiB), machine_of(8));
  EXPECT_EQ(few.count, 3);
  EXPECT_EQ(few.threads, 2);
}

TEST(Jobs, AutoIsOneWhereATrialFillsTheMachine) {
  EXPECT_EQ(choose_jobs("auto", plan_of(12, 20 * kGiB), machine_of(2, 256 * kGiB)).count, 1);
  EXPECT_EQ(choose_jobs("auto", plan_of(12, 2 * kGiB), machine_of(8, 12 * kGiB)).count, 1);
}

TEST(Jobs, AutoIsOneOnAGpu) {
  Plan plan = plan_of(12, kGiB);
  plan.gpu.gpu.emplace().memory_bytes = 80 * kGiB;
  for (PlannedTrial& trial : plan.trials) trial.trial.config.device = "cuda";
  EXPECT_EQ(choose_jobs("auto", plan, machine_of(8)).count, 1);
}

TEST(Processes, FitWhereTheirMemoryDoes) {
  const Machine machine = machine_of(8, 10 * kGiB);
  const PredictedMemory small{4 * kGiB, 0}, on_gpu{kGiB, 30 * kGiB};
  EXPECT_TRUE(fit_together({small, small}, machine, 0));
  EXPECT_FALSE(fit_together({small, small, small}, machine, 0));
  EXPECT_TRUE(fit_together({on_gpu, on_gpu}, machine, 80 * kGiB));
  EXPECT_FALSE(fit_together({on_gpu, on_gpu, on_gpu}, machine, 80 * kGiB));
  EXPECT_TRUE(fit_together({small, small, small}, Machine{}, 0)) << "where the memory is not known";
}

TEST(Machine, IsMeasured) {
  const Machine machine = measure_machine();
  EXPECT_GE(machine.cores, 1);
  EXPECT_GT(machine.memory, 0);
  EXPECT_GT(machine.available_memory, 0);
  EXPECT_LE(machine.available_memory, machine.memory);
}

}  // namespace
}  // namespace imp::harness
