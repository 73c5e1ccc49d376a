// SPDX-License-Identifier: Apache-2.0
// Plans of ten thousand cells: time and memory grow with the cells and no faster. Figures for a hundred
// thousand: tests/bench/plan_scale.py.
#include <gtest/gtest.h>
#include <malloc.h>

#include "harness/plan/plan.h"
#include "harness/plan/plan_printer.h"
#include "tests/growth.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

class PlanScale : public testing::Test {
 protected:
  PlanScale() { folder_.write_zoo({"phi", "siglip"}); }

  /// `ranks` times 100 cells.
  [[nodiscard]] Plan plan(int ranks, const std::string& runs = "runs", const std::string& decay = "0") const {
    std::string text = "version: 1\nname: s\nbenchmarks: [scenetext]\nvary: {grid: {lora_rank: [";
    for (int rank = 1; rank <= ranks; ++rank) text += std::to_string(rank) + ",";
    text +=
        "], epochs: [1,2,3,4,5,6,7,8,9,10], batch_size: [1,2,3,4,5,6,7,8,9,10]}}\n"
        "baseline: {micro_batch: 1, weight_decay: " +
        decay + "}\n";
    return make_plan(load_sweep(folder_.write("s.yaml", text)), folder_.path() / runs);
  }

  TemporaryFolder folder_;
};

/// Bytes that are given out by malloc now.
std::size_t bytes_in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_F(PlanScale, FourTimesTheCellsTakeFourTimesTheWork) {
  constexpr double kMost = 5.5;
  const double times = test::growth(
      kMost, [&] { (void)plan_as_text(plan(25)); }, [&] { (void)plan_as_text(plan(100)); });
  EXPECT_LE(times, kMost) << "of 2,500 cells and 10,000";
}

TEST_F(PlanScale, TenThousandCellsTakeSomeKilobytesEach) {
  const std::size_t before = bytes_in_use();
  const Plan planned = plan(100);
  ASSERT_EQ(planned.trials.size(), 10'000U);
  const std::size_t each = (bytes_in_use() - before) / planned.trials.size();
  EXPECT_GT(each, 100U) << "this build's malloc does not count";
  EXPECT_LT(each, 10'000U);
}

TEST_F(PlanScale, EachStageIsComparedWithAFewEarlierOnesOfAFolderThatHoldsMany) {
  constexpr double kMost = 4.0;
  const auto finish = [&](const Plan& planned, const std::string& runs) {
    for (const PlannedStage& stage : planned.stages) {
      const nlohmann::json record{{"kind", stage.request->kind},
                                  {"key", stage.request->key},
                                  {"parameters", stage.request->parameters}};
      folder_.write(runs + "/stages/" + stage.request->folder() + "/stage.json", record.dump());
    }
  };
  finish(plan(3), "few");
  finish(plan(30), "many");
  const double times = test::growth(
      kMost, [&] { (void)plan(4, "few", "0.5"); }, [&] { (void)plan(4, "many", "0.5"); });
  EXPECT_LE(times, kMost) << "400 new cells against 600 earlier stages and 6,000";
  const Plan again = plan(30, "many");
  for (const PlannedStage& stage : again.stages) ASSERT_EQ(stage.status, StageStatus::reuse);
}

}  // namespace
}  // namespace imp::harness
