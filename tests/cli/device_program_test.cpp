// SPDX-License-Identifier: Apache-2.0
// `device` where the GPU's driver says what the test chooses. Nothing here begins work on a GPU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/faults/process.h"
#include "tests/harness/preflight/small_sweep.h"

namespace imp::test {
namespace {

using harness::test::SmallSweep;
using testing::HasSubstr;

/// Programs started meanwhile find the fake driver.
class FakeDriver : public testing::Test {
 protected:
  FakeDriver() {
    ::setenv("LD_LIBRARY_PATH", IMP_FAKE_DRIVER_FOLDER, 1);
    ::unsetenv("CUDA_VISIBLE_DEVICES");
  }
  ~FakeDriver() override {
    ::unsetenv("LD_LIBRARY_PATH");
    ::unsetenv("IMP_FAKE_DRIVER");
  }
  static void answer(const std::string& script) { ::setenv("IMP_FAKE_DRIVER", script.c_str(), 1); }

  [[nodiscard]] Finished imp_sweep(const std::string& command) const {
    return run_program(
        {"imp-sweep", command, sweep_.file(), "--runs", sweep_.runs(), "--db", sweep_.folder() / "imp.db"});
  }

  const SmallSweep sweep_;
};

TEST_F(FakeDriver, PlanNamesTheGpuThatAutoGets) {
  answer("");
  const Finished planned = imp_sweep("plan");
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("device: NVIDIA H200, 139.8 GiB, driver 580.159.03 (auto, 1 trial)\n"));
}

TEST_F(FakeDriver, CudaWithoutAGpuEndsARunWith3AndOneLine) {
  answer("gpus=0");
  sweep_.write({{"device", "cuda"}});
  EXPECT_EQ(imp_sweep("plan").exit_code, 0);
  const Finished run = imp_sweep("run");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.err,
              HasSubstr("device: cuda cannot be used: the NVIDIA driver finds no GPU on this machine"));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_FALSE(std::filesystem::exists(sweep_.runs()));
}

TEST_F(FakeDriver, AutoWithoutAGpuRunsOnTheProcessor) {
  answer("gpus=0");
  const Finished run = imp_sweep("run");
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

TEST_F(FakeDriver, BfloatOnAnOldGpuIsRefusedByPlanAndRun) {
  answer("name=Tesla T4;capability=75");
  sweep_.write({{"dtype", "bfloat16"}});
  for (const char* command : {"plan", "run"}) {
    const Finished finished = imp_sweep(command);
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr("dtype: bfloat16 needs a GPU of compute capability 8.0"));
  }
}

TEST_F(FakeDriver, DoctorSaysWhatIsMissingAndFailsNotForIt) {
  answer("cuda=12040;driver=550.54.14");
  const Finished finished = run_program({"imp-sweep", "doctor", "--runs", sweep_.runs()});
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  EXPECT_THAT(finished.out, HasSubstr("none  GPU: the NVIDIA driver 550.54.14 supports CUDA 12.4"));
}

}  // namespace
}  // namespace imp::test
