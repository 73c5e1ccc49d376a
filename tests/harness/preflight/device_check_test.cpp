// SPDX-License-Identifier: Apache-2.0
// Which device a plan's trials get, on machines whose GPU the test chooses.
#include "harness/preflight/device_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/plan/plan_devices.h"
#include "harness/plan/plan_printer.h"
#include "models/io/error.h"
#include "tests/harness/preflight/small_sweep.h"

namespace imp::harness {
namespace {

using nlohmann::ordered_json;
using test::SmallSweep;
using testing::ContainsRegex;
using testing::HasSubstr;

models::GpuProbe gpu_of(int compute_capability) {
  return {models::Gpu{.name = "A Card",
                      .driver = "580.1",
                      .driver_cuda = 13000,
                      .compute_capability = compute_capability,
                      .memory_bytes = std::int64_t{24} << 30},
          ""};
}

models::GpuProbe no_gpu() {
  return {std::nullopt, "this machine has no NVIDIA driver (libcuda.so.1)"};
}

/// The plan of a small sweep on a machine with this GPU.
Plan plan_on(const models::GpuProbe& probe, const std::map<std::string, std::string>& keys,
             Diagnostics& diagnostics, const std::string& rest = "") {
  const SmallSweep sweep;
  sweep.write(keys, rest);
  Plan plan = make_plan(load_sweep(sweep.file()), sweep.runs());
  plan.gpu = probe;
  check_devices(plan, diagnostics);
  return plan;
}

TEST(Devices, AutoIsTheGpuWhereThereIsOne) {
  Diagnostics none;
  const Plan plan = plan_on(gpu_of(90), {{"dtype", "bfloat16"}}, none);
  EXPECT_TRUE(none.empty());
  EXPECT_THAT(plan_as_text(plan), HasSubstr("device: A Card, 24.0 GiB, driver 580.1 (auto, 1 trial)\n"));
  EXPECT_EQ(plan_as_json(plan).at("devices").dump(),
            R"([{"asked":"auto","trials":1,"device":"A Card, 24.0 GiB, driver 580.1","missing":""}])");
  EXPECT_NO_THROW(require_devices(plan));
}

TEST(Devices, AutoIsTheProcessorWhereThereIsNoGpuAndSaysWhy) {
  Diagnostics none;
  const Plan plan = plan_on(no_gpu(), {}, none);
  EXPECT_TRUE(none.empty() && plan.notes.empty());
  EXPECT_THAT(plan_as_text(plan),
              HasSubstr("device: cpu (auto, 1 trial): this machine has no NVIDIA driver (libcuda.so.1)\n"));
  EXPECT_NO_THROW(require_devices(plan));
}

TEST(Devices, AGpuThatIsNotThereIsANoteInThePlanAndEndsTheRun) {
  Diagnostics none;
  const Plan plan = plan_on(no_gpu(), {}, none, "vary: {grid: {device: [cpu, cuda]}}\n");
  EXPECT_TRUE(none.empty());
  const std::string text = plan_as_text(plan);
  EXPECT_THAT(text,
              HasSubstr("device: cpu (cpu, 1 trial)\ndevice: none (cuda, 1 trial): this machine has no"));
  EXPECT_THAT(
      text, ContainsRegex("note: .*small\\.yaml:[0-9]+:[0-9]+: device: cuda cannot be used: this machine has "
                          "no .*a run ends with exit code 3\n"));
  try {
    require_devices(plan);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 3);
    EXPECT_THAT(error.what(), HasSubstr("(libcuda.so.1); `device: cpu` or `auto` runs without a GPU"));
  }
}

TEST(Devices, ADtypeThatTheGpuCannotComputeInIsRefusedAtTheKey) {
  Diagnostics diagnostics;
  (void)plan_on(gpu_of(75), {}, diagnostics, "vary: {grid: {dtype: [float32, bfloat16]}}\nseeds: [1, 2]\n");
  try {
    diagnostics.throw_if_any();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_THAT(
        error.what(),
        ContainsRegex("small\\.yaml:[0-9]+:[0-9]+: dtype: bfloat16 needs a GPU of compute capability 8\\.0, "
                      "and A Card has 7\\.5; write `dtype: float32`$"));
  }
  Diagnostics none;
  (void)plan_on(gpu_of(75), {{"dtype", "bfloat16"}, {"device", "cpu"}}, none);
  EXPECT_TRUE(none.empty()) << "the processor computes in bfloat16";
}

TEST(Devices, TheGpusMemoryStandsBesideTheProcesss) {
  const SmallSweep sweep;
  sweep.write({{"dtype", "bfloat16"}});
  Plan plan = make_plan(load_sweep(sweep.file()), sweep.runs());
  estimate_memory(plan);
  EXPECT_THAT(plan_as_text(plan), testing::Not(HasSubstr("GPU memory")));

  plan = make_plan(load_sweep(sweep.file()), sweep.runs());
  plan.gpu = gpu_of(90);
  estimate_memory(plan);
  EXPECT_TRUE(plan.notes.empty());
  EXPECT_THAT(
      plan_as_text(plan),
      ContainsRegex("memory +GPU memory +reason\n(.*\n)*finetune-[0-9a-f]+ +run .* GiB +57[0-9] MiB"));
  for (const ordered_json& stage : plan_as_json(plan).at("stages")) {
    const bool on_gpu =
        stage.at("kind") == "features" || stage.at("kind") == "connector" || stage.at("kind") == "finetune";
    EXPECT_EQ(stage.at("device_memory_bytes").is_object(), on_gpu) << stage.at("kind");
  }
}

TEST(Devices, AStageThatIsLargerThanTheGpuIsNoted) {
  const SmallSweep sweep;
  Plan plan = make_plan(load_sweep(sweep.file()), sweep.runs());
  plan.gpu = gpu_of(90);
  plan.gpu.gpu->memory_bytes = std::int64_t{100} << 20;
  estimate_memory(plan);
  EXPECT_THAT(plan_as_text(plan),
              ContainsRegex("note: [a-z]+-[0-9a-f]+ takes about 57[0-9] MiB of the GPU's 100 MiB; "
                            ".*`recompute: blocks`"));
}

}  // namespace
}  // namespace imp::harness
