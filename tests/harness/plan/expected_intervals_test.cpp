// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/expected_intervals.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>

#include "harness/plan/plan.h"
#include "harness/plan/plan_printer.h"
#include "results/ingest.h"
#include "results/results_database.h"
#include "tests/harness/plan/temporary_folder.h"
#include "tests/results/run_folder.h"

namespace imp::harness {
namespace {

using results::testing::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ExpectedIntervalsTest : public testing::Test {
 protected:
  ExpectedIntervalsTest() { folder_.write_zoo({"phi", "llama", "siglip", "clip"}); }

  /// A plan with what it expects of its intervals.
  [[nodiscard]] Plan plan(const std::string& body, const std::vector<std::string>& overrides = {}) const {
    const auto file = folder_.write("s.yaml", "version: 1\nname: s\nbenchmarks: [scenetext]\n" + body);
    Plan made = make_plan(load_sweep(file, overrides), folder_.path() / "runs");
    made.expected = expected_intervals(made, database());
    return made;
  }
  [[nodiscard]] std::filesystem::path database() const { return folder_.path() / "imp.db"; }

  /// Takes in a finished sweep of ranks 128 and 256 with three seeds, whose scores differ from run to run.
  void run_earlier(const std::string& name) const {
    const auto runs = folder_.path() / ("runs of " + name);
    results::testing::SweepFolder sweep(runs, name);
    for (const int rank : {128, 256}) {
      for (int seed = 1; seed <= 3; ++seed) {
        const std::string trial = sweep.add_trial(std::to_string(rank), seed);
        json outcome = sweep.outcome(trial, std::to_string(rank), seed);
        std::vector<results::testing::Question> questions;
        for (int q = 0; q < 40; ++q) {
          const bool right = (q * 7 + seed * 3 * (q % 3) + rank / 64 * (q % 4)) % 5 < 3;
          questions.push_back({q, "picture " + std::to_string(q / 2), right ? 1.0 : 0.0, 0.0});
        }
        sweep.add_answers(outcome, "scenetext", questions);
        sweep.write_outcome(outcome);
      }
    }
    sweep.write_plan();
    results::Database opened = results::open_results(database(), results::Access::write);
    EXPECT_THAT(results::ingest_sweep(opened, runs, name), IsEmpty());
  }

  TemporaryFolder folder_;
};

const std::string kGrid = "vary: {grid: {lora_rank: [8, 16, 32], llm: [phi, llama]}}\nseeds: [1, 2]\n";

TEST_F(ExpectedIntervalsTest, WithoutEarlierSweepRestOnAnAssumptionThatIsNamed) {
  const Plan made = plan(kGrid);
  ASSERT_EQ(made.expected.intervals.size(), 4U);  // three pairs of ranks, one of models
  EXPECT_EQ(made.expected.intervals[0].groups, 2U);
  EXPECT_EQ(made.expected.intervals[3].groups, 3U);
  EXPECT_LT(made.expected.intervals[3].half_width, made.expected.intervals[0].half_width);
  EXPECT_THAT(made.expected.warnings, IsEmpty());
  const std::string text = plan_as_text(made);
  EXPECT_THAT(text, HasSubstr("noise of scenetext: assumed, since no earlier sweep"));
  EXPECT_THAT(text, HasSubstr("seeds for 1 point"));
  const auto program = plan_as_json(made).at("expected");
  EXPECT_EQ(program.at("noise").at(0).at("assumed"), true);
  EXPECT_EQ(program.at("intervals").size(), 4U);
}

// By hand: 750 pictures of two questions with scores near 0.6, an eighth of the variance the cell's and an
// eighth the run's, seeds of 1.5 points. Six cells with two seeds have one degree of freedom for a
// difference's own seeds; the others' four are worth 1 / (1/4 + 1/4) as a prior of the four cells that two
// matched pairs are.
TEST_F(ExpectedIntervalsTest, FollowFromTheAssumption) {
  const double eighth = 0.6 * 0.4 / 8 / 2;
  const double pictures = (2 * eighth + 2 * eighth / 2) / 750 / 2;
  const double seeds = 2 * 0.015 * 0.015 / 2 / 2;
  const double mean_square = 2 * (0.015 * 0.015 + eighth / 750) / 2 / 2;
  const double variance = pictures + seeds;
  const double degrees = variance * variance / (pictures * pictures / 749 + mean_square * mean_square / 3);
  ASSERT_NEAR(degrees, 4.1, 0.1);
  const auto expected = plan(kGrid).expected.intervals[0];
  EXPECT_GT(expected.half_width, std::sqrt(variance) * 2.571);  // t of 5 degrees
  EXPECT_LT(expected.half_width, std::sqrt(variance) * 2.776);  // t of 4
}

TEST_F(ExpectedIntervalsTest, TakeTheNoiseOfAnEarlierSweepAndNameIt) {
  const double assumed = plan(kGrid).expected.intervals[0].half_width;
  run_earlier("earlier");
  const Plan made = plan(kGrid);
  ASSERT_EQ(made.expected.noise.size(), 1U);
  EXPECT_EQ(made.expected.noise[0].sweep, "earlier");
  EXPECT_NE(made.expected.intervals[0].half_width, assumed);
  EXPECT_THAT(plan_as_text(made), HasSubstr("noise of scenetext: as in sweep 'earlier' (2 cells, 3 seeds, 40 "
                                            "questions about 20 pictures)"));
  run_earlier("s");  // the sweep's own earlier run tells most
  EXPECT_EQ(plan(kGrid).expected.noise[0].sweep, "s");
}

TEST_F(ExpectedIntervalsTest, WarnOfTwoCellsWithTwoSeeds) {
  const Plan made = plan("vary: {grid: {lora_rank: [8, 16]}}\nseeds: [1, 2]\n");
  EXPECT_THAT(made.expected.warnings, Contains(HasSubstr("a lottery")));
  EXPECT_THAT(plan("vary: {grid: {lora_rank: [8, 16]}}\nseeds: [1, 2, 3]\n").expected.warnings, IsEmpty());
}

TEST_F(ExpectedIntervalsTest, WarnOfOneSeedAndSayWhatItsSpreadWouldAdd) {
  const Plan made = plan("vary: {grid: {lora_rank: [8, 16, 32]}}\nseeds: [1]\n");
  EXPECT_THAT(made.expected.warnings, Contains(HasSubstr("of these checkpoints, not of the recipe")));
  for (const ExpectedInterval& interval : made.expected.intervals)
    EXPECT_GT(interval.with_other_seed.value_or(0), interval.half_width);
}

TEST_F(ExpectedIntervalsTest, OneFactorAtATimeIsToldWhatAGridWouldResolve) {
  const std::string levels = "{lora_rank: [8, 16, 32], llm: [phi, llama], encoder: [siglip, clip]}";
  const std::string base = "baseline: {lora_rank: 8, llm: phi, encoder: siglip}\nseeds: [1, 2]\n";
  const Plan ofat = plan(base + "vary: {ofat: " + levels + "}\n");
  const Plan grid = plan(base + "vary: {grid: " + levels + "}\n");
  ASSERT_EQ(ofat.expected.warnings.size(), 1U);
  double widest = 0;
  for (const ExpectedInterval& interval : grid.expected.intervals)
    widest = std::max(widest, interval.half_width);
  EXPECT_THAT(
      ofat.expected.warnings[0],
      AllOf(HasSubstr("`vary: grid`"), HasSubstr(fmt::format("±{:.1f} points in 12 cells", 100 * widest))));
  EXPECT_THAT(grid.expected.warnings, IsEmpty());
  EXPECT_GT(ofat.expected.intervals[0].half_width, 1.8 * widest);  // four pairs in place of one
}

TEST_F(ExpectedIntervalsTest, FewerQuestionsAreLessSure) {
  const double all = plan(kGrid).expected.intervals[0].half_width;
  EXPECT_GT(plan(kGrid, {"test_pictures=50"}).expected.intervals[0].half_width, 1.2 * all);
}

TEST_F(ExpectedIntervalsTest, ADatabaseThatIsNewerOrLockedOrDamagedFailsNoPlan) {
  { (void)results::open_results(database(), results::Access::write); }
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, "PRAGMA user_version = 999", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_THAT(plan(kGrid).expected.warnings, Contains(HasSubstr("schema has version 999")));
  ASSERT_EQ(sqlite3_exec(handle, "PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE", nullptr, nullptr, nullptr),
            SQLITE_OK);
  EXPECT_THAT(plan(kGrid).expected.warnings, Contains(HasSubstr("locked")));
  EXPECT_EQ(plan(kGrid).expected.intervals.size(), 4U);
  sqlite3_close(handle);
  (void)folder_.write("imp.db", "no database");
  EXPECT_THAT(plan(kGrid).expected.warnings, Contains(HasSubstr("no noise is taken from earlier sweeps")));
}

TEST_F(ExpectedIntervalsTest, OneCellOrNoBenchmarkHasNothingToTell) {
  EXPECT_THAT(plan("seeds: [1]\n").expected.intervals, IsEmpty());
  EXPECT_THAT(plan_as_text(plan("seeds: [1]\n")), Not(HasSubstr("matched pairs")));
}

TEST_F(ExpectedIntervalsTest, AThousandLevelsAreNotPairedForever) {
  std::string levels = "1";
  for (int rank = 2; rank <= 1000; ++rank) levels += ", " + std::to_string(rank);
  const Plan made = plan("vary: {grid: {lora_rank: [" + levels + "]}}\nseeds: [1]\n");
  EXPECT_THAT(made.expected.intervals, IsEmpty());
  EXPECT_THAT(made.expected.warnings, Contains(HasSubstr("too many pairs")));
}

}  // namespace
}  // namespace imp::harness
