// SPDX-License-Identifier: Apache-2.0
// Databases of every earlier schema, brought up to date.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "results/database.h"
#include "results/ingest.h"
#include "results/results_database.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using testing::SweepFolder;
using testing::TemporaryFolder;

std::vector<std::string> rows_of(Database& database, const std::string& sql) {
  std::vector<std::string> rows;
  Statement statement(database, sql);
  while (statement.step()) {
    std::string row;
    for (int i = 0; i < statement.column_count(); ++i)
      row += (statement.is_null(i) ? "NULL" : statement.text(i)) + "|";
    rows.push_back(row);
  }
  return rows;
}

class OlderSchema : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    testing::write_small_sweep(runs_, "ranks");
    // The same question_id with another picture: cells that were asked different questions.
    SweepFolder other(runs_, "pictures");
    int shift = 0;
    for (const char* rank : {"128", "256"}) {
      const std::string trial = other.add_trial(rank, 1);
      testing::json outcome = other.outcome(trial, rank, 1);
      other.add_answers(
          outcome, "scenetext",
          {{1, "a", 0.5, 0.0}, {2, fmt::format("b{}", shift++), 1.0, 0.25}, {3, "c", 0.0, 0.5}});
      other.write_outcome(outcome);
    }
    other.write_plan();
    for (const char* sweep : {"ranks", "pictures"}) ingest_sweep(newest_, runs_, sweep);
    make_old();
  }

  /// The same rows in a database as that version made it.
  void make_old() const {
    Database old(path_);
    old.execute(testing::read_file(fmt::format(IMP_TEST_DATA "/results/schema_{}.sql", GetParam())));
    old.execute(fmt::format("PRAGMA user_version = {}", GetParam()));
    old.execute("ATTACH '" + newest_.path().string() + "' AS new");
    const auto copy = [&](const char* table) {
      old.execute(fmt::format("INSERT INTO main.{0} SELECT * FROM new.{0}", table));
    };
    for (const char* table :
         {"sweep", "factor", "trial", "trial_stage", "attempt", "train_step", "score", "provenance"})
      copy(table);
    old.execute(
        "INSERT INTO main.stage SELECT kind, key, version, parameters_json, inputs_json, made, seconds, host "
        "FROM new.stage");
    if (GetParam() > 1) copy("row_kind");
    if (GetParam() > 2) {
      for (const char* table :
           {"question_set", "question", "picture", "trial_question_set", "sweep_reading", "stage_step"})
        copy(table);
      old.execute(
          "INSERT INTO main.answer SELECT trial_id, question_key, control = 'blind', prediction, score, "
          "question_tokens, answer_tokens FROM new.answer");
      return;
    }
    old.execute(
        "INSERT INTO main.answer SELECT trial_id, benchmark, control = 'blind', question_id, image_id, "
        "prediction, "
        "score, "
        "family, question_tokens, answer_tokens FROM new.answer JOIN new.question USING (question_key) "
        "JOIN new.question_set USING (question_set_id)");
  }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  std::filesystem::path path_ = folder_.path() / "old.db";
  Database newest_ = open_results(folder_.path() / "newest.db", Access::write);
};

TEST_P(OlderSchema, EndsInTheNewestSchema) {
  Database old = open_results(path_, Access::write);
  EXPECT_EQ(old.integer("PRAGMA user_version"), newest_schema());
  constexpr const char* kDefinitions = "SELECT name, sql FROM sqlite_master ORDER BY name";
  const auto wanted = rows_of(newest_, kDefinitions);
  EXPECT_EQ(rows_of(old, kDefinitions), wanted);
  EXPECT_EQ(old.integer("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

TEST_P(OlderSchema, KeepsEveryRowAndMakesWhatIsComputedFromThem) {
  Database old = open_results(path_, Access::write);
  const std::vector<std::string> queries{
      "SELECT * FROM v_cells ORDER BY sweep, trial",
      "SELECT * FROM v_scores ORDER BY sweep, trial, benchmark, metric",
      "SELECT sweep, trial, cell, seed, benchmark, blind, control, question_id, image_id, family, question, "
      "references_json, prediction, score, question_tokens, answer_tokens FROM v_answers ORDER BY sweep, "
      "trial, blind, question_id",
      "SELECT * FROM v_curve ORDER BY sweep, trial, step",
      "SELECT * FROM v_cell_scores",
      "SELECT * FROM v_controls",
      "SELECT * FROM stage",
      "SELECT * FROM v_effects",
      "SELECT * FROM v_wide",
      "SELECT * FROM v_failures",
      "SELECT * FROM v_cost",
      "SELECT * FROM v_provenance"};
  for (const std::string& query : queries) {
    const auto wanted = rows_of(newest_, query);
    EXPECT_EQ(rows_of(old, query), wanted) << query;
  }
  EXPECT_EQ(rows_of(old, "SELECT * FROM v_answers").size(), 2u * (3 * 4 + 2 * 3));
}

TEST_P(OlderSchema, IsFollowedByReadingTheSameRunFoldersWithoutAChange) {
  Database old = open_results(path_, Access::write);
  const auto before = rows_of(old, "SELECT * FROM answer");
  EXPECT_TRUE(ingest_sweep(old, runs_, "pictures").empty());
  EXPECT_EQ(rows_of(old, "SELECT * FROM answer"), before);
}

INSTANTIATE_TEST_SUITE_P(OfEveryVersion, OlderSchema, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace imp::results
