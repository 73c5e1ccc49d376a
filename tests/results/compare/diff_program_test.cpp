// SPDX-License-Identifier: Apache-2.0
// `imp-report diff`: what cells and databases differ in, and its exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/results/claims/claimed_sweep.h"
#include "tests/results/imp_report_program.h"

namespace imp::results {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::Ran;

class Diff : public testing::ReportProgram {
 protected:
  void SetUp() override {
    testing::write_claimed_sweep(folder_.path() / "runs");
    rebuild(folder_.path() / "results" / "imp.db", folder_.path() / "runs");
  }
  /// The row about `what`; null if there is none.
  static json row_of(const Ran& ran, const std::string& what) {
    const json report = json::parse(ran.out);
    for (const json& row : report["rows"]) {
      if (row["what"] == what) return row;
    }
    return nullptr;
  }
  void copy_and_change(const std::string& sql) {
    std::filesystem::remove(folder_.path() / "b.db");
    std::filesystem::copy_file(folder_.path() / "results" / "imp.db", folder_.path() / "b.db");
    Database(folder_.path() / "b.db", Access::write).execute(sql);
  }
};

TEST_F(Diff, OfTwoCellsIsTheSweepsEffect) {
  const Ran ran = run("diff lora_rank=128 ranks:lora_rank=256 --json");
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  const json score = row_of(ran, "scenetext");
  const json effect = json::parse(run("effects --json").out)["rows"][0];
  ASSERT_EQ(effect["to_level"], 256);
  EXPECT_NEAR(score["difference"], effect["difference"], 1e-12);
  EXPECT_NEAR(score["ci_low"], effect["ci_low"], 1e-12);
  EXPECT_NEAR(score["ci_high"], effect["ci_high"], 1e-12);
  EXPECT_NEAR(score["p"], effect["p"], 1e-12);
  EXPECT_NEAR(score["a"], 0.4, 0.01);
  EXPECT_NEAR(score["b"], 0.6, 0.01);
  EXPECT_EQ(row_of(ran, "lora_rank")["a"], "128");
  EXPECT_EQ(row_of(ran, "lora_rank")["kind"], "configuration");
  EXPECT_EQ(row_of(ran, "seed"), nullptr);
}

TEST_F(Diff, ExitsWith0WhereNoScoreDiffersBeyondChance) {
  EXPECT_EQ(run("diff lora_rank=256 lora_rank=512").exit_code, 0);
  EXPECT_EQ(run("diff lora_rank=256 lora_rank=256").exit_code, 0);
  const Ran trials = run("diff lora_rank=128,seed=1 lora_rank=128,seed=2");
  EXPECT_EQ(trials.exit_code, 0);
  EXPECT_THAT(trials.out, HasSubstr("one seed: the intervals are of these checkpoints"));
}

TEST_F(Diff, NamesThatAreNoneAreToldWithTheNearest) {
  for (const auto& [arguments, says] : std::vector<std::pair<std::string, std::string>>{
           {"diff lora_rank=128 lora_rnk=256",
            "has no cell or trial 'lora_rnk=256'; did you mean 'lora_rank=256'?"},
           {"diff lora_rank=128 rnks:lora_rank=256", "no sweep 'rnks'; did you mean 'ranks'?"},
           {"diff lora_rank=128 lora_rank=128,seed=7", "did you mean 'lora_rank=128,seed=1'?"},
           {"diff lora_rank=128 ranks:", "has no cell or trial ''"},
           {"diff results/imp.db nowhere.db", "nowhere.db: no such file; diff takes two databases"},
           {"diff lora_rank=128 \"' OR 1=1 --\"", "has no cell or trial '' OR 1=1 --'"},
           {"diff lora_rank=128", "required"}}) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 2) << arguments;
    EXPECT_THAT(ran.err, HasSubstr(says));
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
}

TEST_F(Diff, OfADatabaseAndItsCopyIsNothing) {
  copy_and_change("SELECT 1");
  const Ran ran = run("diff results/imp.db b.db --json");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_TRUE(json::parse(ran.out)["rows"].empty());
  copy_and_change("UPDATE sweep SET name = 'other'");
  EXPECT_EQ(run("diff results/imp.db b.db").exit_code, 0)
      << "matched by configuration, whatever the sweep's name";
}

TEST_F(Diff, OfDatabasesNamesWhatIsMissingAndWhichScoresAreOthers) {
  copy_and_change("DELETE FROM trial WHERE name = 'lora_rank=512,seed=2'");
  Ran ran = run("diff results/imp.db b.db --json");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(row_of(ran, "ranks: lora_rank=512,seed=2")["kind"], "presence");
  copy_and_change(
      "UPDATE score SET value = value + 0.25 WHERE metric = 'vqa_accuracy' AND trial_id = (SELECT "
      "min(trial_id) "
      "FROM trial); UPDATE provenance SET cpu = 'other'");
  ran = run("diff results/imp.db b.db --json");
  EXPECT_EQ(ran.exit_code, 1);
  // The score is not the mean of the answers, so that they cannot tell its interval.
  const json score = row_of(ran, "ranks: lora_rank=128, scenetext vqa_accuracy");
  EXPECT_NEAR(score["difference"], 0.125, 1e-12) << "mean over two seeds";
  EXPECT_EQ(score["paired"], 0);
  EXPECT_TRUE(score["ci_low"].is_null());
  EXPECT_THAT(run("diff results/imp.db b.db").out, HasSubstr("+12.5 (not paired)"));
  EXPECT_EQ(row_of(ran, "cpu")["b"], "other");
  EXPECT_EQ(json::parse(ran.out)["rows"].size(), 2u);
  copy_and_change("UPDATE provenance SET cpu = 'other'");
  EXPECT_EQ(run("diff results/imp.db b.db").exit_code, 0) << "another machine with the same scores";
}

TEST_F(Diff, OfDatabasesPairsTheAnswersOfBoth) {
  // The other machine's models answer one question in ten better, so by 4 points of a hundred.
  const std::string better =
      "UPDATE answer SET score = score + 0.4 WHERE control = '' AND question_key % 10 = 0 AND trial_id IN "
      "(SELECT trial_id FROM trial WHERE cell = 'lora_rank=128');"
      "UPDATE score SET value = (SELECT avg(a.score) FROM answer AS a WHERE a.trial_id = score.trial_id AND "
      "a.control = '') WHERE metric = 'vqa_accuracy';";
  copy_and_change(better);
  Ran ran = run("diff results/imp.db b.db --json");
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  const json score = row_of(ran, "ranks: lora_rank=128, scenetext vqa_accuracy");
  EXPECT_EQ(score["paired"], 1);
  EXPECT_NEAR(score["difference"], 0.04, 1e-9);
  // By hand: 30 pictures of two questions, the difference a picture's mean; the seeds of a cell differ alike.
  double sum = 0.0, squares = 0.0;
  Database b(folder_.path() / "b.db", Access::read);
  Statement pictures(b, "SELECT sum(question_key % 10 = 0) * 0.4 / count(*) FROM question GROUP BY image_id");
  while (pictures.step()) {
    sum += pictures.real(0);
    squares += pictures.real(0) * pictures.real(0);
  }
  const double error = std::sqrt((squares - sum * sum / 30.0) / 29.0 / 30.0);
  const double half = (score["ci_high"].get<double>() - score["ci_low"].get<double>()) / 2.0;
  EXPECT_NEAR(half, 2.045 * error, 0.001);  // Student's t, 29 degrees of freedom
  EXPECT_EQ(json::parse(ran.out)["rows"].size(), 1u) << ran.out;
  copy_and_change(better + "UPDATE question SET question = 'another one'");
  ran = run("diff results/imp.db b.db --json");
  EXPECT_EQ(row_of(ran, "ranks: lora_rank=128, scenetext vqa_accuracy")["paired"], 0)
      << "other questions by the same ids";
  copy_and_change(better + "DELETE FROM answer");
  ran = run("diff results/imp.db b.db --json");
  EXPECT_EQ(row_of(ran, "ranks: lora_rank=128, scenetext vqa_accuracy")["paired"], 0) << "no answers kept";
}

}  // namespace
}  // namespace imp::results
