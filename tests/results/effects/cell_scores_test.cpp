// SPDX-License-Identifier: Apache-2.0
#include "results/effects/cell_scores.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "results/effects/sweep_statistics.h"
#include "results/ingest.h"
#include "results/results_database.h"
#include "results/statistics/contrast.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::json;
using testing::SweepFolder;
using testing::TemporaryFolder;

constexpr int kPictures = 8, kQuestions = 24;

double score_of(int rank, int seed, int question) {
  return static_cast<double>((question * 37 + seed * 11 + rank * (question % 5) + seed * question * 3) % 10) /
         10.0;
}
double blind_of(int rank, int seed, int question) {
  return static_cast<double>((question * 7 + seed * 5 + rank) % 4) / 10.0;
}
double shuffled_of(int rank, int seed, int question) {
  return static_cast<double>((question * 3 + seed * 7 + rank / 64) % 6) / 10.0;
}
std::string family_of(int question) {
  return question % 4 == 0 ? "color" : "word";
}

class CellScores : public ::testing::Test {
 protected:
  /// Ranks 128 and 256 with two seeds, questions of two families on eight pictures.
  SweepFolder write_sweep() {
    SweepFolder sweep(runs_, "ranks");
    for (const int rank : {128, 256}) {
      for (const int seed : {1, 2}) {
        const std::string trial = sweep.add_trial(std::to_string(rank), seed);
        json outcome = sweep.outcome(trial, std::to_string(rank), seed);
        std::vector<testing::Question> questions, shuffled;
        for (int q = 0; q < kQuestions; ++q) {
          questions.push_back({q, q / 3, score_of(rank, seed, q), blind_of(rank, seed, q), family_of(q)});
          shuffled.push_back({q, q / 3, shuffled_of(rank, seed, q), 0.0, family_of(q)});
        }
        sweep.add_answers(outcome, "scenetext", questions);
        sweep.add_control(outcome, "scenetext", "shuffled", shuffled);
        sweep.write_outcome(outcome);
      }
    }
    sweep.write_plan();
    return sweep;
  }

  /// What the estimator says of rank 256, of scores as `value` gives them, over the questions of a family.
  template <class Score>
  static ContrastEstimate expected(const std::string& family, Score value) {
    const auto asked = [&](int q) { return family.empty() || family_of(q) == family; };
    std::map<int, std::size_t> place;  // of a picture among those that have such a question
    std::vector<double> counts;
    for (int q = 0; q < kQuestions; ++q) {
      if (!asked(q)) continue;
      if (place.emplace(q / 3, counts.size()).second) counts.push_back(0.0);
      counts[place[q / 3]] += 1.0;
    }
    PictureSums sums(2, 2, counts);
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t s = 0; s < 2; ++s) {
        for (int q = 0; q < kQuestions; ++q) {
          if (asked(q)) sums.at(c, s, place[q / 3]) += value(c == 0 ? 128 : 256, static_cast<int>(s) + 1, q);
        }
      }
    }
    return ContrastEstimator({sums}).estimate(std::vector{0.0, 1.0});
  }

  static void expect_measured(const Statement& row, int column, const ContrastEstimate& want) {
    EXPECT_NEAR(row.real(column), want.difference, 1e-12);
    EXPECT_NEAR(row.real(column + 1), want.difference - want.half_width(), 1e-12);
    EXPECT_NEAR(row.real(column + 2), want.difference + want.half_width(), 1e-12);
  }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

TEST_F(CellScores, AreTheEstimatorsOfTheAnswers) {
  write_sweep();
  ASSERT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  Statement row(
      database_,
      "SELECT value, ci_low, ci_high, blind, blind_ci_low, blind_ci_high, margin, margin_ci_low, "
      "margin_ci_high, standard_error, seeds, n, pictures, degrees_of_freedom, picture_variance, "
      "seed_variance, metric, from_answers FROM v_cell_scores WHERE cell = 'lora_rank=256' AND family = ''");
  ASSERT_TRUE(row.step());
  const ContrastEstimate want = expected("", score_of);
  expect_measured(row, 0, want);
  expect_measured(row, 3, expected("", blind_of));
  expect_measured(row, 6, expected("", [](int rank, int seed, int q) {
                    return score_of(rank, seed, q) - blind_of(rank, seed, q);
                  }));
  EXPECT_NEAR(row.real(9), want.standard_error(), 1e-12);
  EXPECT_EQ(row.integer(10), 2);
  EXPECT_EQ(row.integer(11), kQuestions);
  EXPECT_EQ(row.integer(12), kPictures);
  EXPECT_NEAR(row.real(13), want.degrees_of_freedom, 1e-9);
  EXPECT_NEAR(row.real(14) + row.real(15), want.standard_error() * want.standard_error(), 1e-12);
  EXPECT_EQ(row.text(16), "vqa_accuracy");
  EXPECT_EQ(row.integer(17), 1);
  EXPECT_FALSE(row.step());
}

TEST_F(CellScores, OfFamiliesAreTheEstimatorsOfTheirQuestions) {
  write_sweep();
  ingest_sweep(database_, runs_, "ranks");
  for (const char* family : {"color", "word"}) {
    Statement row(database_,
                  "SELECT value, ci_low, ci_high, blind, blind_ci_low, blind_ci_high, n FROM v_families "
                  "WHERE cell = 'lora_rank=256' AND family = ?");
    ASSERT_TRUE(row.bind_all(family).step());
    expect_measured(row, 0, expected(family, score_of));
    expect_measured(row, 3, expected(family, blind_of));
    EXPECT_EQ(row.integer(6), std::string(family) == "color" ? 6 : 18);
  }
}

TEST_F(CellScores, OfEachControlAreTheEstimatorsOfItsAnswersAndOfTheMarginOverThem) {
  write_sweep();
  ingest_sweep(database_, runs_, "ranks");
  const std::map<std::string, double (*)(int, int, int)> controls{{"blind", blind_of},
                                                                  {"shuffled", shuffled_of}};
  for (const char* family : {"", "color"}) {
    Statement row(database_,
                  "SELECT value, ci_low, ci_high, margin, margin_ci_low, margin_ci_high, control, score FROM "
                  "v_controls WHERE cell = 'lora_rank=256' AND family = ? ORDER BY control");
    row.bind_all(family);
    for (const auto& [control, value] : controls) {
      ASSERT_TRUE(row.step());
      EXPECT_EQ(row.text(6), control);
      EXPECT_NEAR(row.real(7), expected(family, score_of).difference, 1e-12);
      expect_measured(row, 0, expected(family, value));
      expect_measured(row, 3, expected(family, [&, of = value](int rank, int seed, int q) {
                        return score_of(rank, seed, q) - of(rank, seed, q);
                      }));
    }
    EXPECT_FALSE(row.step());
  }
}

TEST_F(CellScores, AnswersOfAControlAreNoneOfTheOthers) {
  write_sweep();
  ingest_sweep(database_, runs_, "ranks");
  for (const char* of :
       {"control = ''", "control = 'blind'", "control = 'shuffled'", "blind = 0", "blind = 1"})
    EXPECT_EQ(database_.integer(std::string("SELECT count(*) FROM v_answers WHERE ") + of), 4 * kQuestions)
        << of;
  EXPECT_EQ(database_.integer("SELECT count(*) FROM score WHERE main = 1"), 4);
}

/// Rows as text, to be compared whole.
std::vector<std::string> as_text(const std::vector<CellScore>& scores) {
  std::vector<std::string> lines;
  for (const CellScore& row : scores) {
    lines.push_back(fmt::format("{} {} {} {} {:.12f} {:.12f} {:.12f} {:.12f} {} {} {}", row.cell_number,
                                row.benchmark, row.family, row.metric, row.score.value,
                                row.score.ci_low.value(), row.control("blind")->score.ci_high.value(),
                                row.control("blind")->margin.value().standard_error.value(), row.seeds,
                                row.questions.value(), row.pictures.value()));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_F(CellScores, WhileASweepGoesOnAreComputedAsTheyWillBeKept) {
  write_sweep();
  for (const char* rank : {"128", "256"}) {
    for (const char* seed : {"1", "2"})
      ingest_trial(database_, runs_, "ranks", fmt::format("lora_rank={},seed={}", rank, seed));
  }
  EXPECT_EQ(database_.integer("SELECT count(*) FROM v_cell_scores"), 0);
  EXPECT_FALSE(has_current_statistics(database_, 1));
  const auto computed = as_text(load_cell_scores(database_, 1));
  ingest_sweep(database_, runs_, "ranks");
  EXPECT_TRUE(has_current_statistics(database_, 1));
  EXPECT_EQ(as_text(load_cell_scores(database_, 1)), computed);
  EXPECT_EQ(database_.integer("SELECT count(*) FROM v_cell_scores"), 2 * 3);
}

TEST_F(CellScores, ThatAreNoMeanOfAnswersHaveTheTrialsOwnErrorAndSayOfWhatTheirFamiliesAre) {
  SweepFolder sweep = write_sweep();
  for (const char* trial : {"lora_rank=128,seed=1", "lora_rank=128,seed=2"}) {
    const auto file = sweep.trial_folder(trial) / "outcome.json";
    json outcome = json::parse(testing::read_file(file));
    outcome["scores"][0].update({{"metric", "f1"}, {"value", 0.9}});
    testing::write_file(file, outcome.dump());
  }
  ingest_sweep(database_, runs_, "ranks");
  Statement row(database_,
                "SELECT metric, family, from_answers, standard_error, ci_low FROM v_cell_scores "
                "WHERE cell = 'lora_rank=128' ORDER BY family");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.text(0) + row.text(1) + row.text(2), "f10");
  EXPECT_NEAR(row.real(3), 0.05, 1e-12) << "two trials with an error of 0.05 and the same value";
  EXPECT_TRUE(row.is_null(4));
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.text(0) + ", " + row.text(1), "mean of the answers' scores, color");
}

}  // namespace
}  // namespace imp::results
