// SPDX-License-Identifier: Apache-2.0
#include "results/effects/effect_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "results/ingest.h"
#include "results/report/effects_table.h"
#include "results/report/format.h"
#include "results/report/report_table.h"
#include "results/results_database.h"
#include "results/statistics/contrast.h"
#include "results/wide_view.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using ::testing::Not;
using testing::score_of;
using testing::SweepFolder;
using testing::TemporaryFolder;

class Effects : public ::testing::Test {
 protected:
  /// Ranks 128 and 256 with `seeds` seeds, 24 questions on 8 pictures.
  SweepFolder write_sweep(int seeds, const std::vector<std::string>& benchmarks = {"scenetext"}) {
    SweepFolder sweep(runs_, "ranks");
    for (const int rank : {128, 256}) {
      for (int seed = 1; seed <= seeds; ++seed) {
        const std::string trial = sweep.add_trial(std::to_string(rank), seed);
        json outcome = sweep.outcome(trial, std::to_string(rank), seed);
        for (const std::string& benchmark : benchmarks) {
          std::vector<testing::Question> questions;
          for (int q = 0; q < 24; ++q)
            questions.push_back({q, fmt::format("picture {}", q / 3), score_of(rank, seed, q), 0.1});
          sweep.add_answers(outcome, benchmark, questions);
        }
        sweep.write_outcome(outcome);
      }
    }
    sweep.write_plan();
    return sweep;
  }

  /// What the estimator says of the same scores.
  static ContrastEstimate expected(int seeds) {
    PictureSums sums(2, static_cast<std::size_t>(seeds), std::vector<double>(8, 3.0));
    for (int c = 0; c < 2; ++c) {
      for (int s = 0; s < seeds; ++s) {
        for (int q = 0; q < 24; ++q) {
          sums.at(static_cast<std::size_t>(c), static_cast<std::size_t>(s),
                  static_cast<std::size_t>(q / 3)) += score_of(c == 0 ? 128 : 256, s + 1, q);
        }
      }
    }
    return ContrastEstimator({sums}).estimate(std::vector{-1.0, 1.0});
  }

  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> values;
    Statement statement(database_, sql);
    while (statement.step()) values.push_back(statement.text(0));
    return values;
  }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

TEST_F(Effects, OfASweepAreTheEstimatorsOfItsAnswers) {
  write_sweep(3);
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  Statement row(
      database_,
      "SELECT factor, from_level, to_level, difference, ci_low, ci_high, p, p_holm, questions, pictures, "
      "seeds, degrees_of_freedom, method FROM v_effects WHERE sweep = 'ranks' AND family = ''");
  ASSERT_TRUE(row.step());
  const ContrastEstimate want = expected(3);
  EXPECT_EQ(row.text(0) + " " + row.text(1) + " " + row.text(2), "lora_rank 128 256");
  EXPECT_NEAR(row.real(3), want.difference, 1e-12);
  EXPECT_NEAR(row.real(4), want.difference - want.half_width(), 1e-12);
  EXPECT_NEAR(row.real(5), want.difference + want.half_width(), 1e-12);
  EXPECT_NEAR(row.real(6), want.p(), 1e-12);
  EXPECT_NEAR(row.real(7), want.p(), 1e-12) << "alone in its family";
  EXPECT_EQ(row.integer(8), 24);
  EXPECT_EQ(row.integer(9), 8);
  EXPECT_EQ(row.integer(10), 3);
  EXPECT_NEAR(row.real(11), want.degrees_of_freedom, 1e-9);
  EXPECT_EQ(row.text(12), "pooled");
  EXPECT_FALSE(row.step());
}

TEST_F(Effects, OfOneSeedSayThatTheyAreOfTheseCheckpoints) {
  write_sweep(1);
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_THAT(column("SELECT method FROM v_effects"), ElementsAre("questions only"));
  EXPECT_THAT(to_markdown(effects_table(database_, "ranks", EffectRows::levels)),
              HasSubstr("of these checkpoints, not of the recipe"));
}

TEST_F(Effects, OfSeveralBenchmarksHaveTheirMean) {
  write_sweep(2, {"pope", "scenetext"});
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_THAT(column("SELECT benchmark FROM v_effects WHERE family = ''"),
              ElementsAre("pope", "scenetext", "average"));
  const auto differences = column("SELECT difference FROM v_effects WHERE family = ''");
  EXPECT_NEAR(std::stod(differences[2]), (std::stod(differences[0]) + std::stod(differences[1])) / 2.0, 1e-9);
}

TEST_F(Effects, NameASettingThatAlsoDiffers) {
  SweepFolder sweep = write_sweep(2);
  for (const int rank : {128, 256}) {
    for (int seed = 1; seed <= 2; ++seed) {
      const auto file = sweep.trial_folder(fmt::format("lora_rank={},seed={}", rank, seed)) / "outcome.json";
      json outcome = json::parse(testing::read_file(file));
      outcome["config"]["lora_alpha"] = rank;
      outcome["provenance"]["threads"] = rank == 128 ? 2 : 16;
      testing::write_file(file, outcome.dump());
    }
  }
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_THAT(column("SELECT also_differs FROM v_effects WHERE family = ''"),
              ElementsAre("lora_alpha, threads"));
  EXPECT_THAT(to_markdown(effects_table(database_, "ranks", EffectRows::levels)),
              HasSubstr("the cells also differ in lora_alpha, threads"));
}

TEST_F(Effects, CompareTheQuestionsThatAllTrialsAnsweredAndCountTheOthers) {
  SweepFolder sweep = write_sweep(2);
  const auto file = sweep.trial_folder("lora_rank=256,seed=2") / "predictions" / "scenetext.jsonl";
  const std::string all = testing::read_file(file);
  testing::write_file(file, all.substr(all.find('\n') + 1));  // without the first question
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_THAT(column("SELECT questions || ' ' || questions_left_out FROM v_effects WHERE family = ''"),
              ElementsAre("23 1"));
}

TEST_F(Effects, ASeedThatACellLacksIsLeftOut) {
  SweepFolder sweep = write_sweep(3);
  std::filesystem::remove_all(sweep.trial_folder("lora_rank=256,seed=3"));
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_THAT(column("SELECT seeds FROM v_effects WHERE family = ''"), ElementsAre("2"));
}

TEST_F(Effects, OfASingleCellAreNone) {
  SweepFolder sweep = write_sweep(2);
  for (const char* trial : {"lora_rank=256,seed=1", "lora_rank=256,seed=2"})
    std::filesystem::remove_all(sweep.trial_folder(trial));
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_THAT(column("SELECT factor FROM v_effects"), IsEmpty());
  EXPECT_THAT(to_markdown(effects_table(database_, "ranks", EffectRows::levels)),
              HasSubstr("nothing to compare yet"));
}

TEST_F(Effects, WhileASweepGoesOnAreShownAsTheyWillBeKept) {
  const SweepFolder sweep = write_sweep(2);
  const auto last = sweep.trial_folder("lora_rank=256,seed=2"), aside = folder_.path() / "aside";
  std::filesystem::rename(last, aside);
  for (const char* trial : {"lora_rank=128,seed=1", "lora_rank=128,seed=2", "lora_rank=256,seed=1"})
    ingest_trial(database_, runs_, "ranks", trial);
  EXPECT_THAT(column("SELECT factor FROM v_effects"), IsEmpty());
  EXPECT_THAT(to_markdown(effects_table(database_, "ranks", EffectRows::levels)), HasSubstr("one seed"))
      << "that both cells have so far";
  std::filesystem::rename(aside, last);
  ingest_trial(database_, runs_, "ranks", "lora_rank=256,seed=2");
  const std::string going_on = to_json(effects_table(database_, "ranks", EffectRows::levels));
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_THAT(column("SELECT seeds FROM v_effects"), ElementsAre("2"));
  EXPECT_EQ(to_json(effects_table(database_, "ranks", EffectRows::levels)), going_on);
}

TEST_F(Effects, GiveProgramsTheirLevelsAsTheConfigurationHasThem) {
  SweepFolder sweep(runs_, "kinds");
  sweep.plan()["factors"] = {{{"name", "lora_rank"}, {"levels", {"128", "256"}}},
                             {{"name", "learning_rate"}, {"levels", {"0.001", "2e-4"}}},
                             {{"name", "llm"}, {"levels", {"7", "phi"}}}};
  for (int i = 0; i < 2; ++i) {
    const std::string trial = sweep.add_trial(i == 0 ? "128" : "256", 1);
    json& planned = sweep.plan()["trials"].back();
    json outcome = sweep.outcome(trial, i == 0 ? "128" : "256", 1);
    planned["levels"].update({{"learning_rate", i == 0 ? "0.001" : "2e-4"}, {"llm", i == 0 ? "7" : "phi"}});
    planned["config"].update({{"learning_rate", i == 0 ? 0.001 : 2e-4}, {"llm", i == 0 ? "7" : "phi"}});
    outcome["config"] = planned["config"];
    sweep.add_answers(outcome, "scenetext", {{1, 1, 0.5, 0.1}, {2, 2, 0.7 + 0.1 * i, 0.2}});
    sweep.write_outcome(outcome);
  }
  sweep.write_plan();
  ingest_sweep(database_, runs_, "kinds");
  const json rows = json::parse(to_json(effects_table(database_, "kinds", EffectRows::levels)))["rows"];
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["from_level"], 128);
  EXPECT_EQ(rows[1]["to_level"], 2e-4);
  EXPECT_EQ(rows[2]["from_level"], "7") << "a name that looks like a number";
  const json cells = json::parse(to_json(report_table(database_, "kinds")))["rows"];
  EXPECT_EQ(cells[1]["lora_rank"], 256);
  EXPECT_EQ(cells[1]["learning_rate"], 2e-4);
  EXPECT_EQ(cells[0]["llm"], "7");
  EXPECT_EQ(cells[0]["scenetext_questions"], 2);
  EXPECT_NEAR(cells[0]["scenetext_picture_variance"].get<double>() +
                  cells[0]["scenetext_seed_variance"].get<double>(),
              std::pow(cells[0]["scenetext_standard_error"].get<double>(), 2.0), 1e-12);
  EXPECT_GE(cells[0]["scenetext_degrees_of_freedom"].get<double>(), 1.0);
}

}  // namespace
}  // namespace imp::results
