// SPDX-License-Identifier: Apache-2.0
#include "results/effects/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace imp::results {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ComparedCell cell(std::vector<std::string> levels, std::map<std::string, std::string> settings = {}) {
  return {std::move(levels), std::move(settings)};
}

const std::vector<ComparedFactor> kFactors{{"llm", {"phi", "llama"}}, {"lora_rank", {"128", "256"}}};

TEST(LevelComparisons, OfAFullGridAreMainEffects) {
  const std::vector<ComparedCell> cells{cell({"phi", "128"}), cell({"phi", "256"}), cell({"llama", "128"}),
                                        cell({"llama", "256"})};
  const auto comparisons = level_comparisons(kFactors, cells);
  ASSERT_EQ(comparisons.size(), 2U);
  EXPECT_EQ(comparisons[0].factor, "llm");
  EXPECT_THAT(comparisons[0].weights, ElementsAre(-0.5, -0.5, 0.5, 0.5));
  EXPECT_EQ(comparisons[0].groups, 2U);
  EXPECT_THAT(comparisons[1].weights, ElementsAre(-0.5, 0.5, -0.5, 0.5));
}

TEST(LevelComparisons, TakeTheSeedsThatMatchedCellsHaveAndLeaveOutThoseWithoutOne) {
  std::vector<ComparedCell> cells{cell({"phi", "128"}), cell({"phi", "256"}), cell({"llama", "128"}),
                                  cell({"llama", "256"})};
  cells[0].seeds = {0, 1, 2, 3};
  cells[1].seeds = {0, 1};
  cells[2].seeds = {0, 1, 2, 3};
  cells[3].seeds = {2};
  const auto comparisons = level_comparisons(kFactors, cells);
  ASSERT_EQ(comparisons.size(), 2U);
  EXPECT_THAT(comparisons[0].weights, ElementsAre(-1.0, 0.0, 1.0, 0.0)) << "rank 256 has no seed in common";
  EXPECT_EQ(comparisons[0].groups, 1U);
  EXPECT_EQ(comparisons[0].seeds, 4U);
  EXPECT_THAT(comparisons[1].weights, ElementsAre(-0.5, 0.5, -0.5, 0.5));
  EXPECT_EQ(comparisons[1].seeds, 1U) << "of the llama cells";
  EXPECT_NE(comparisons[1].group_of[0], comparisons[1].group_of[2]);
  EXPECT_THAT(interactions(kFactors, cells), IsEmpty());
}

TEST(LevelComparisons, OfOneFactorAtATimeAreDifferencesFromTheBaseline) {
  const std::vector<ComparedCell> cells{cell({"phi", "128"}), cell({"llama", "128"}), cell({"phi", "256"})};
  const auto comparisons = level_comparisons(kFactors, cells);
  ASSERT_EQ(comparisons.size(), 2U);
  EXPECT_THAT(comparisons[0].weights, ElementsAre(-1.0, 1.0, 0.0));
  EXPECT_THAT(comparisons[1].weights, ElementsAre(-1.0, 0.0, 1.0));
}

TEST(LevelComparisons, AreOfEveryPairOfLevels) {
  const std::vector<ComparedCell> cells{cell({"128"}), cell({"256"}), cell({"512"})};
  const auto comparisons = level_comparisons({{"lora_rank", {"128", "256", "512"}}}, cells);
  ASSERT_EQ(comparisons.size(), 3U);
  EXPECT_EQ(comparisons[1].from_level + comparisons[1].to_level, "128512");
}

TEST(LevelComparisons, LeaveOutGroupsWithoutBothLevels) {
  const std::vector<ComparedCell> cells{cell({"phi", "128"}), cell({"phi", "256"}), cell({"llama", "256"})};
  const auto comparisons = level_comparisons(kFactors, cells);
  ASSERT_EQ(comparisons.size(), 2U);
  EXPECT_THAT(comparisons[0].weights, ElementsAre(0.0, -1.0, 1.0));
  EXPECT_EQ(comparisons[0].groups, 1U);
}

TEST(LevelComparisons, NameWhatElseDiffers) {
  const std::vector<ComparedCell> cells{
      cell({"128"}, {{"lora_rank", "128"}, {"lora_alpha", "128"}, {"epochs", "2"}, {"threads", "2"}}),
      cell({"256"}, {{"lora_rank", "256"}, {"lora_alpha", "256"}, {"epochs", "2"}, {"threads", "16"}})};
  const auto comparisons = level_comparisons({{"lora_rank", {"128", "256"}}}, cells);
  ASSERT_EQ(comparisons.size(), 1U);
  EXPECT_THAT(comparisons[0].also_differ, ElementsAre("lora_alpha", "threads"));
}

TEST(LevelComparisons, OfFactorsThatMoveTogetherNameEachOther) {
  const std::vector<ComparedCell> cells{cell({"phi", "128"}, {{"llm", "phi"}, {"lora_rank", "128"}}),
                                        cell({"llama", "256"}, {{"llm", "llama"}, {"lora_rank", "256"}})};
  const auto comparisons = level_comparisons(kFactors, cells);
  ASSERT_EQ(comparisons.size(), 2U);
  EXPECT_THAT(comparisons[0].also_differ, ElementsAre("lora_rank"));
  EXPECT_THAT(comparisons[1].also_differ, ElementsAre("llm"));
}

TEST(LevelComparisons, OfCellsThatNothingMatchesAreNone) {
  // llm, rank and epochs differ anew in each pair, and no factor follows from another.
  const std::vector<ComparedFactor> factors{
      {"llm", {"phi", "llama"}}, {"lora_rank", {"1", "2"}}, {"epochs", {"1", "2"}}};
  const std::vector<ComparedCell> cells{cell({"phi", "1", "1"}), cell({"llama", "2", "1"}),
                                        cell({"llama", "1", "2"}), cell({"phi", "2", "2"})};
  EXPECT_THAT(level_comparisons(factors, cells), IsEmpty());
}

TEST(Interactions, AreDifferencesOfDifferences) {
  const std::vector<ComparedCell> cells{cell({"phi", "128"}), cell({"phi", "256"}), cell({"llama", "128"}),
                                        cell({"llama", "256"})};
  const auto found = interactions(kFactors, cells);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].factor, "llm x lora_rank");
  EXPECT_EQ(found[0].from_level, "phi -> llama");
  EXPECT_EQ(found[0].to_level, "128 -> 256");
  EXPECT_THAT(found[0].weights, ElementsAre(1.0, -1.0, -1.0, 1.0));
}

TEST(Interactions, NeedAllFourCells) {
  const std::vector<ComparedCell> cells{cell({"phi", "128"}), cell({"phi", "256"}), cell({"llama", "128"})};
  EXPECT_THAT(interactions(kFactors, cells), IsEmpty());
}

TEST(Interactions, AreAveragedOverTheOtherFactors) {
  std::vector<ComparedFactor> factors = kFactors;
  factors.push_back({"epochs", {"1", "2"}});
  std::vector<ComparedCell> cells;
  for (const char* llm : {"phi", "llama"}) {
    for (const char* rank : {"128", "256"}) {
      for (const char* epochs : {"1", "2"}) cells.push_back(cell({llm, rank, epochs}));
    }
  }
  const auto found = interactions(factors, cells);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_THAT(found[0].weights, ElementsAre(0.5, 0.5, -0.5, -0.5, -0.5, -0.5, 0.5, 0.5));
  EXPECT_EQ(found[0].groups, 2U);
}

}  // namespace
}  // namespace imp::results
