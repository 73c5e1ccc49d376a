// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/looks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "harness/plan/added_seeds.h"
#include "harness/plan/duration.h"
#include "models/io/error.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using results::LooksRecord;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr const char* kNow = "2026-11-27T10:00:00Z";

class Looks : public ::testing::Test {
 protected:
  Sweep sweep(const std::string& seeds = "[1, 2]") const {
    const auto file = folder_.write(
        "s.yaml", "version: 1\nname: s\nvary: {grid: {lora_rank: [8, 16, 32], epochs: [1, 2]}}\nseeds: " +
                      seeds + "\n");
    return load_sweep(file, {}, "", runs_);
  }

  static std::map<std::string, std::string> cell(const std::string& rank, const std::string& epochs) {
    return {{"lora_rank", rank}, {"epochs", epochs}};
  }

  static std::string refusal(const Sweep& sweep, const std::string& factor,
                             const std::optional<LooksRecord>& earlier) {
    try {
      static_cast<void>(plan_looks(sweep, factor, earlier, kNow));
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
};

TEST_F(Looks, ArePlannedOnceWithTheSweepFilesSeeds) {
  const LooksRecord record = plan_looks(sweep(), "lora_rank", std::nullopt, kNow);
  EXPECT_EQ(record.planned, (results::PlannedLooks{"lora_rank", 4, 2, kNow}));
  EXPECT_EQ(current_look(record), 1);
  EXPECT_EQ(plan_looks(sweep(), "lora_rank", record, "later").planned, record.planned);
}

TEST_F(Looks, AreRefusedWhereTheyCouldNotBeAccountedFor) {
  const LooksRecord record = plan_looks(sweep(), "lora_rank", std::nullopt, kNow);
  EXPECT_THAT(refusal(sweep(), "lora_rnk", std::nullopt), HasSubstr("did you mean 'lora_rank'?"));
  EXPECT_THAT(refusal(sweep(), "epochs", record), HasSubstr("a second factor"));
  EXPECT_THAT(refusal(sweep("[1, 2, 3]"), "lora_rank", record), HasSubstr("2 seeds each"));
  const auto one_level = folder_.write(
      "one.yaml", "version: 1\nname: one\nvary: {grid: {lora_rank: [8], epochs: [1, 2]}}\nseeds: [1]\n");
  EXPECT_THAT(refusal(load_sweep(one_level), "lora_rank", std::nullopt), HasSubstr("no two cells"));
}

TEST_F(Looks, AddSeedsToTheCellsThatAreNotResolvedAndNoOthers) {
  LooksRecord record = plan_looks(sweep(), "lora_rank", std::nullopt, kNow);
  record.rounds.push_back(next_round(sweep(), record, {cell("8", "1"), cell("16", "1")}, kNow));
  EXPECT_EQ(record.rounds.back().look, 2);
  write_looks(runs_, "s", record);
  const Sweep second = sweep();
  std::vector<std::string> names;
  for (const Trial& trial : second.trials) {
    if (trial.seed > 2) names.push_back(trial.name);
  }
  EXPECT_THAT(names, ElementsAre("lora_rank=8,epochs=1,seed=3", "lora_rank=8,epochs=1,seed=4",
                                 "lora_rank=16,epochs=1,seed=3", "lora_rank=16,epochs=1,seed=4"));
  EXPECT_THAT(second.seeds, ElementsAre(1, 2, 3, 4));
  // A cell that was not looked at in between takes the same seeds as the others, so that they are in common.
  const results::SeedRound third = next_round(second, record, {cell("8", "1"), cell("32", "1")}, kNow);
  ASSERT_EQ(third.cells.size(), 2U);
  EXPECT_THAT(third.cells[0].levels, ElementsAre(Pair("epochs", "1"), Pair("lora_rank", "32")));
  EXPECT_THAT(third.cells[0].seeds, ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(third.cells[1].seeds, ElementsAre(5, 6));
}

TEST_F(Looks, WhatWasAddedStaysPartOfTheSweepWhateverIsAskedOfIt) {
  LooksRecord record = plan_looks(sweep(), "lora_rank", std::nullopt, kNow);
  record.rounds.push_back(next_round(sweep(), record, {cell("8", "1")}, kNow));
  write_looks(runs_, "s", record);
  const auto read = read_looks(runs_, "s");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->planned, record.planned);
  EXPECT_EQ(sweep().trials.size(), 12U + 2U);
  const Sweep picked = load_sweep(folder_.path() / "s.yaml", {}, "lora_rank == 8 && epochs == 1", runs_);
  EXPECT_EQ(picked.trials.size(), 4U);
  EXPECT_EQ(load_sweep(folder_.path() / "s.yaml").trials.size(), 12U) << "without a run folder";
}

TEST_F(Looks, ARecordThatIsNoneIsTold) {
  std::filesystem::create_directories(runs_ / "s");
  folder_.write("runs/s/added_seeds.json", "{}");
  EXPECT_THROW(static_cast<void>(sweep()), Error);
}

TEST(Durations, AreReadAsPeopleWriteThem) {
  EXPECT_EQ(parse_duration("2h"), 7200.0);
  EXPECT_EQ(parse_duration("90m"), 5400.0);
  EXPECT_EQ(parse_duration("1h30m"), 5400.0);
  EXPECT_EQ(parse_duration("0.5h"), 1800.0);
  EXPECT_EQ(parse_duration("0s"), 0.0);
  for (const char* text : {"", "2", "h", "2x", "-1h", "2h3", "nanh", "infh", "1e400h", " 2h"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace imp::harness
