// SPDX-License-Identifier: Apache-2.0
#include "results/effects/planned_looks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "results/compare/cell_difference.h"
#include "results/effects/effect_rows.h"
#include "results/effects/factor_look.h"
#include "results/ingest.h"
#include "results/report/effects_table.h"
#include "results/report/format.h"
#include "results/results_database.h"
#include "results/statistics/contrast.h"
#include "results/statistics/looks.h"
#include "results/store_error.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using ::testing::Not;
using ::testing::Pair;
using testing::score_of;
using testing::SweepFolder;
using testing::TemporaryFolder;

LooksRecord looks_at_ranks() {
  return {.planned = {"lora_rank", 4, 2, "2026-11-24T07:00:00Z"},
          .rounds = {{.look = 2,
                      .recorded = "2026-11-24T09:00:00Z",
                      .cells = {{{{"lora_rank", "128"}}, {3, 4}}, {{{"lora_rank", "256"}}, {3, 4}}}}}};
}

class Looked : public ::testing::Test {
 protected:
  /// Ranks with their numbers of seeds, 24 questions on 8 pictures.
  void write_sweep(const std::vector<std::pair<int, int>>& ranks) {
    SweepFolder sweep(runs_, "ranks");
    std::vector<std::string> levels;
    for (const auto& [rank, seeds] : ranks) {
      levels.push_back(std::to_string(rank));
      for (int seed = 1; seed <= seeds; ++seed) {
        const std::string trial = sweep.add_trial(levels.back(), seed);
        json outcome = sweep.outcome(trial, levels.back(), seed);
        std::vector<testing::Question> questions;
        for (int q = 0; q < 24; ++q)
          questions.push_back({q, fmt::format("picture {}", q / 3), score_of(rank, seed, q), 0.1});
        sweep.add_answers(outcome, "scenetext", questions);
        sweep.write_outcome(outcome);
      }
    }
    sweep.plan()["factors"] = {{{"name", "lora_rank"}, {"levels", levels}}};
    sweep.write_plan();
  }

  void plan_looks() const {
    testing::write_file(runs_ / "ranks" / "added_seeds.json", looks_record_text(looks_at_ranks()));
  }

  /// What the estimator says of the ranks' scores, one weight a rank.
  static ContrastEstimate expected(const std::vector<std::pair<int, int>>& ranks,
                                   const std::vector<double>& weights) {
    std::size_t most = 0;
    for (const auto& [rank, seeds] : ranks) most = std::max(most, static_cast<std::size_t>(seeds));
    PictureSums sums(ranks.size(), most, std::vector<double>(8, 3.0));
    for (std::size_t c = 0; c < ranks.size(); ++c) {
      for (std::size_t s = 0; s < most; ++s) {
        if (s >= static_cast<std::size_t>(ranks[c].second)) {
          sums.leave_out(c, s);
          continue;
        }
        for (int q = 0; q < 24; ++q)
          sums.at(c, s, static_cast<std::size_t>(q / 3)) +=
              score_of(ranks[c].first, static_cast<int>(s) + 1, q);
      }
    }
    return ContrastEstimator({sums}).estimate(weights);
  }

  std::vector<Effect> whole_effects() {
    std::vector<Effect> effects = load_effects(database_, 1);
    std::erase_if(effects, [](const Effect& effect) { return !effect.family.empty(); });
    return effects;
  }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

TEST_F(Looked, ARecordIsReadAsItWasWritten) {
  std::filesystem::create_directories(runs_ / "ranks");
  plan_looks();
  const LooksRecord record = read_looks_record(runs_ / "ranks" / "added_seeds.json");
  EXPECT_EQ(record.planned, looks_at_ranks().planned);
  ASSERT_EQ(record.rounds.size(), 1U);
  EXPECT_EQ(record.rounds[0].look, 2);
  ASSERT_EQ(record.rounds[0].cells.size(), 2U);
  EXPECT_THAT(record.rounds[0].cells[1].levels, ElementsAre(Pair("lora_rank", "256")));
  EXPECT_THAT(record.rounds[0].cells[1].seeds, ElementsAre(3, 4));
}

TEST_F(Looked, EffectsOfTheFactorHaveTheIntervalAndPOfRepeatedLooks) {
  write_sweep({{128, 3}, {256, 3}});
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  const Effect once = whole_effects().at(0);
  EXPECT_EQ(once.method, "pooled");
  plan_looks();
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  const Effect looked = whole_effects().at(0);
  EXPECT_EQ(looked.method, "pooled, adjusted for 4 looks");
  EXPECT_EQ(looked.difference, once.difference);
  const ContrastEstimate want = expected({{128, 3}, {256, 3}}, {-1.0, 1.0});
  EXPECT_NEAR(*looked.ci_high - looked.difference, want.half_width(1.0 - nominal_level(0.05, 4)), 1e-12);
  EXPECT_NEAR(*looked.p, p_over_looks(want.p(), 4), 1e-12);
  EXPECT_GT(*looked.p, *once.p);
  const std::string table = to_markdown(effects_table(database_, "ranks", EffectRows::levels));
  EXPECT_THAT(table, HasSubstr("adjusted for 4 looks, planned 2026-11-24T07:00:00Z"));
  EXPECT_THAT(table, HasSubstr("98.2 %"));
}

TEST_F(Looked, ADifferenceOfTwoCellsHasTheSameInterval) {
  write_sweep({{128, 3}, {256, 3}});
  plan_looks();
  ingest_sweep(database_, runs_, "ranks");
  const Effect effect = whole_effects().at(0);
  const Differences differences = cell_differences(database_, "lora_rank=128", "lora_rank=256", "ranks");
  bool has_score = false;
  const json rows = json::parse(to_json(differences.table))["rows"];
  for (const json& row : rows) {
    if (row["kind"] != "score") continue;
    has_score = true;
    EXPECT_NEAR(row["ci_low"].get<double>(), *effect.ci_low, 1e-12);
    EXPECT_NEAR(row["p"].get<double>(), *effect.p, 1e-12);
  }
  EXPECT_TRUE(has_score);
}

TEST_F(Looked, ARebuiltDatabaseKnowsTheLooks) {
  write_sweep({{128, 2}, {256, 2}});
  plan_looks();
  const auto path = folder_.path() / "other.db";
  EXPECT_THAT(rebuild(path, runs_), IsEmpty());
  Database other = open_results(path, Access::read);
  EXPECT_EQ(load_planned_looks(other, 1), looks_at_ranks().planned);
}

TEST_F(Looked, ARecordThatCannotBeReadIsToldAndChangesNothing) {
  write_sweep({{128, 2}, {256, 2}});
  plan_looks();
  ingest_sweep(database_, runs_, "ranks");
  testing::write_file(runs_ / "ranks" / "added_seeds.json", R"({"schema": 1, "factor": "lora_rank"})");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), ElementsAre(HasSubstr("added_seeds.json")));
  EXPECT_EQ(looks_at(load_planned_looks(database_, 1), "lora_rank"), 4);
}

TEST_F(Looked, CellsWithMoreSeedsAreComparedByThemAndTheOthersByTheirs) {
  const std::vector<std::pair<int, int>> ranks{{128, 4}, {256, 4}, {512, 2}};
  write_sweep(ranks);
  ingest_sweep(database_, runs_, "ranks");
  const std::vector<Effect> effects = whole_effects();
  ASSERT_EQ(effects.size(), 3U);
  const std::vector<std::vector<double>> weights{{-1.0, 1.0, 0.0}, {-1.0, 0.0, 1.0}, {0.0, -1.0, 1.0}};
  const std::vector<std::int64_t> seeds{4, 2, 2};
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const ContrastEstimate want = expected(ranks, weights[i]);
    EXPECT_EQ(effects[i].seeds, seeds[i]);
    EXPECT_NEAR(effects[i].difference, want.difference, 1e-12);
    EXPECT_NEAR(*effects[i].ci_low, want.difference - want.half_width(), 1e-12);
  }
  EXPECT_THAT(to_markdown(effects_table(database_, "ranks", EffectRows::levels)),
              HasSubstr("over 2 to 4 seeds"));
}

TEST_F(Looked, ALookNamesWhatIsNotResolvedAndItsCells) {
  write_sweep({{128, 2}, {256, 2}});
  ingest_sweep(database_, runs_, "ranks");
  const FactorLook look = look_at_factor(database_, 1, "lora_rank");
  EXPECT_EQ(look.comparisons, 1U);
  EXPECT_THAT(look.open, ElementsAre(HasSubstr("128 → 256")));
  EXPECT_EQ(look.cells.size(), 2U);
}

TEST_F(Looked, OneSeedResolvesNothingOfARecipe) {
  write_sweep({{128, 1}, {256, 1}});
  // Every question is answered by one cell alone: far apart, for these checkpoints.
  for (const int rank : {128, 256}) {
    const std::string trial = fmt::format("lora_rank={},seed=1", rank);
    SweepFolder sweep(runs_, "ranks");
    json outcome = sweep.outcome(trial, std::to_string(rank), 1);
    std::vector<testing::Question> questions;
    for (int q = 0; q < 24; ++q)
      questions.push_back({q, fmt::format("picture {}", q / 3), rank == 256 ? 1.0 : 0.0, 0.1});
    sweep.add_answers(outcome, "scenetext", questions);
    sweep.write_outcome(outcome);
  }
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_EQ(whole_effects().at(0).difference, 1.0);
  EXPECT_EQ(look_at_factor(database_, 1, "lora_rank").open.size(), 1U);
}

TEST(LooksAt, AreThoseOfTheFactorAndItsInteractions) {
  const PlannedLooks planned{"llm", 4, 2, ""};
  EXPECT_EQ(looks_at(planned, "llm"), 4);
  EXPECT_EQ(looks_at(planned, "llm x encoder"), 4);
  EXPECT_EQ(looks_at(planned, "epochs x llm"), 4);
  EXPECT_EQ(looks_at(planned, "encoder"), 1);
  EXPECT_EQ(looks_at(planned, "llm_rate"), 1);
  EXPECT_EQ(looks_at(std::nullopt, "llm"), 1);
}

}  // namespace
}  // namespace imp::results
