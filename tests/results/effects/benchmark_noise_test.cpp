// SPDX-License-Identifier: Apache-2.0
#include "results/effects/benchmark_noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/ingest.h"
#include "results/report/power_table.h"
#include "results/results_database.h"
#include "tests/results/claims/claimed_sweep.h"

namespace imp::results {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class KeptNoise : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

TEST_F(KeptNoise, IsWhatTheAnswersTellAndNeedsThemNoMore) {
  testing::write_claimed_sweep(runs_);
  ASSERT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  const ComparedSweep sweep = load_compared_sweep(database_, 1);
  const std::vector<BenchmarkNoise> told = compute_benchmark_noises(database_, sweep, "ranks");
  database_.execute("DELETE FROM answer");
  const std::vector<BenchmarkNoise> kept = benchmark_noises(database_, sweep, "ranks");
  ASSERT_THAT(told, SizeIs(1));
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(kept[0].benchmark, "scenetext");
  EXPECT_EQ(kept[0].pictures, 30U);
  EXPECT_EQ(kept[0].questions, 60U);
  EXPECT_EQ(kept[0].cells, 3U);
  EXPECT_EQ(kept[0].seeds, 2U);
  EXPECT_EQ(kept[0].model.picture_variance, told[0].model.picture_variance);
  EXPECT_EQ(kept[0].model.question_variance, told[0].model.question_variance);
  EXPECT_EQ(kept[0].model.cell_seed_variance, told[0].model.cell_seed_variance);
  EXPECT_THAT(noise_table(database_, "ranks").rows, SizeIs(1));
}

TEST_F(KeptNoise, OfASweepThatGoesOnIsComputed) {
  testing::write_claimed_sweep(runs_);
  ASSERT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  ASSERT_THAT(ingest_trial(database_, runs_, "ranks", "lora_rank=128,seed=1"), IsEmpty());
  EXPECT_EQ(database_.integer("SELECT count(*) FROM benchmark_noise"), 0);
  EXPECT_THAT(benchmark_noises(database_, load_compared_sweep(database_, 1), "ranks"), SizeIs(1));
}

}  // namespace
}  // namespace imp::results
