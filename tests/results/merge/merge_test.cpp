// SPDX-License-Identifier: Apache-2.0
#include "results/merge/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/effects/planned_looks.h"
#include "results/ingest.h"
#include "results/results_database.h"
#include "results/store_error.h"
#include "tests/results/claims/claimed_sweep.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::SweepFolder;

/// A trial of the sweep with 24 questions on 8 pictures; `shift` moves its scores, "" as status leaves it
/// planned.
void add_trial(SweepFolder& sweep, int rank, int seed, const std::string& status = "done",
               double shift = 0.0) {
  const std::string trial = sweep.add_trial(std::to_string(rank), seed);
  if (status.empty()) return;
  json outcome = sweep.outcome(trial, std::to_string(rank), seed);
  if (status == "done") {
    std::vector<testing::Question> questions;
    for (int q = 0; q < 24; ++q)
      questions.push_back({q, q / 3, ((q * 37 + seed * 11 + rank * (q % 5)) % 10) / 10.0 + shift, 0.1});
    sweep.add_answers(outcome, "scenetext", questions);
  } else {
    outcome["status"] = status;
    outcome["attempts"][0].update(
        {{"status", status}, {"error_type", "oom"}, {"started", "2026-11-24T07:00:00Z"}});
  }
  sweep.write_outcome(outcome);
}

class Merge : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path path(const std::string& name) const { return folder_.path() / name; }

  /// A database of runs/<name>/.
  fs::path database_of(const std::string& name) {
    EXPECT_THAT(rebuild(path(name + ".db"), path(name)), IsEmpty());
    return path(name + ".db");
  }

  /// Every row of a query as a line.
  std::vector<std::string> rows(const std::string& database, const std::string& sql) const {
    Database opened = open_results(path(database), Access::read);
    std::vector<std::string> lines;
    Statement row(opened, sql);
    while (row.step()) {
      std::string line;
      for (int c = 0; c < row.column_count(); ++c) line += (c == 0 ? "" : " | ") + row.text(c);
      lines.push_back(line);
    }
    return lines;
  }

  std::string refusal(const fs::path& a, const fs::path& b, const fs::path& out) {
    try {
      merge_databases(a, b, out, std::chrono::milliseconds(0));
    } catch (const StoreError& error) {
      return error.what();
    }
    return "merged";
  }

  testing::TemporaryFolder folder_;
};

// The law: seeds split over two machines and merged are what one machine with all of them would have.
TEST_F(Merge, SeedsOfTwoMachinesGiveWhatOneMachineWouldHave) {
  for (const auto& [name, seeds] : std::vector<std::pair<std::string, std::vector<int>>>{
           {"a", {1, 2}}, {"b", {3}}, {"both", {1, 2, 3}}}) {
    SweepFolder sweep(path(name), "ranks");
    for (const int seed : seeds) {
      for (const int rank : {128, 256}) add_trial(sweep, rank, seed);
    }
    sweep.plan()["seeds"] = seeds;
    sweep.write_plan();
    sweep.write_stage("data", std::string(32, 'a'));
    database_of(name);
  }
  const MergeReport report = merge_databases(path("a.db"), path("b.db"), path("c.db"));
  EXPECT_EQ(report.from_b, 2u);
  EXPECT_THAT(report.conflicts, IsEmpty());
  for (const char* sql :
       {"SELECT name, cell_number, cell, seed, status, config_json, wall_seconds FROM trial ORDER BY name",
        "SELECT * FROM v_scores ORDER BY trial, metric", "SELECT * FROM v_cell_scores",
        "SELECT * FROM v_effects",
        "SELECT trial, blind, question_id, image_id, family, prediction, score FROM v_answers ORDER BY 1, 2, "
        "3",
        "SELECT * FROM v_wide", "SELECT * FROM v_curve ORDER BY trial, step",
        "SELECT * FROM v_provenance ORDER BY trial", "SELECT * FROM stage",
        "SELECT seeds_json, benchmarks_json FROM sweep", "SELECT name, level FROM factor",
        "SELECT count(*) FROM question_set", "SELECT count(*) FROM question"}) {
    EXPECT_EQ(rows("c.db", sql), rows("both.db", sql)) << sql;
    EXPECT_FALSE(rows("c.db", sql).empty()) << sql;
  }
}

TEST_F(Merge, ASweepsNewLevelsAreNewCells) {
  for (const auto& [name, ranks] :
       std::vector<std::pair<std::string, std::vector<int>>>{{"a", {128, 256}}, {"b", {256, 512}}}) {
    SweepFolder sweep(path(name), "ranks");
    for (const int rank : ranks) add_trial(sweep, rank, 1);
    sweep.plan()["factors"][0]["levels"] = {std::to_string(ranks[0]), std::to_string(ranks[1])};
    sweep.write_plan();
    database_of(name);
  }
  const MergeReport report = merge_databases(path("a.db"), path("b.db"), path("c.db"));
  EXPECT_EQ(report.same, 1u) << "the trial that both have";
  EXPECT_THAT(rows("c.db", "SELECT level FROM factor ORDER BY level_position"),
              ElementsAre("128", "256", "512"));
  EXPECT_THAT(rows("c.db", "SELECT cell_number || cell FROM trial ORDER BY 1"),
              ElementsAre("0lora_rank=128", "1lora_rank=256", "2lora_rank=512"));
  EXPECT_THAT(rows("c.db", "SELECT from_level || to_level FROM v_effects").size(), 3u);
}

TEST_F(Merge, ATrialThatOneSideHasDoneIsTakenWithBothSidesAttempts) {
  for (const auto& [name, status] :
       std::vector<std::pair<std::string, std::string>>{{"a", "failed"}, {"b", "done"}}) {
    SweepFolder sweep(path(name), "ranks");
    add_trial(sweep, 128, 1, status);
    add_trial(sweep, 256, 1, name == "a" ? "done" : "");
    sweep.write_plan();
    database_of(name);
  }
  for (const bool turned : {false, true}) {
    fs::remove(path("c.db"));
    merge_databases(path(turned ? "b.db" : "a.db"), path(turned ? "a.db" : "b.db"), path("c.db"));
    EXPECT_THAT(rows("c.db", "SELECT cell || ' ' || status FROM trial ORDER BY name"),
                ElementsAre("lora_rank=128 done", "lora_rank=256 done"));
    EXPECT_THAT(
        rows("c.db",
             "SELECT attempt || status FROM attempt JOIN trial USING (trial_id, status) WHERE cell LIKE "
             "'%128' UNION ALL SELECT attempt || v_failures.status FROM v_failures"),
        ElementsAre("2done", "1failed"));
    EXPECT_EQ(rows("c.db", "SELECT 1 FROM v_effects").size(), 1u);
  }
}

TEST_F(Merge, OtherResultsOfTheSameTrialAreAConflictAndNeitherIsLost) {
  for (const auto& [name, shift] : std::vector<std::pair<std::string, double>>{{"a", 0.0}, {"b", 0.05}}) {
    SweepFolder sweep(path(name), "ranks");
    for (const int rank : {128, 256}) add_trial(sweep, rank, 1, "done", rank == 256 ? shift : 0.0);
    sweep.write_plan();
    database_of(name);
  }
  const MergeReport report = merge_databases(path("a.db"), path("b.db"), path("c.db"));
  EXPECT_THAT(report.conflicts, ElementsAre(::testing::AllOf(
                                    HasSubstr("ranks: lora_rank=256,seed=1 has other scores or answers"),
                                    HasSubstr("b.db's sweep is kept as ranks.b"))));
  EXPECT_EQ(report.sweeps, 2u);
  const std::string answers = "SELECT trial, question_id, blind, score FROM v_answers WHERE sweep = ";
  EXPECT_EQ(rows("c.db", answers + "'ranks' ORDER BY 1, 2, 3"),
            rows("a.db", answers + "'ranks' ORDER BY 1, 2, 3"));
  EXPECT_EQ(rows("c.db", answers + "'ranks.b' ORDER BY 1, 2, 3"),
            rows("b.db", answers + "'ranks' ORDER BY 1, 2, 3"));
  EXPECT_EQ(rows("c.db", "SELECT DISTINCT sweep FROM v_effects").size(), 2u);
}

TEST_F(Merge, UnrelatedDatabasesAreBothKeptAndNamesAreOnlyNames) {
  const std::string nasty = "x'); DROP TABLE trial; --\"";
  SweepFolder a(path("a"), "ranks");
  SweepFolder b(path("b"), nasty);
  for (SweepFolder* sweep : {&a, &b}) {
    add_trial(*sweep, 128, 1);
    sweep->write_plan();
  }
  database_of("a");
  database_of("b");
  const std::string before = testing::read_file(path("a.db")) + testing::read_file(path("b.db"));
  const MergeReport report = merge_databases(path("a.db"), path("b.db"), path("c.db"));
  EXPECT_EQ(report.sweeps, 2u);
  EXPECT_THAT(report.conflicts, IsEmpty());
  EXPECT_EQ(rows("c.db", "SELECT DISTINCT sweep FROM v_scores ORDER BY 1"),
            (std::vector<std::string>{"ranks", nasty}));
  EXPECT_TRUE(testing::read_file(path("a.db")) + testing::read_file(path("b.db")) == before)
      << "inputs are only read";
}

TEST_F(Merge, ClaimsOfBothSidesAreKeptInTheOrderOfTheirTimes) {
  for (const auto& [name, time] : std::vector<std::pair<std::string, std::string>>{
           {"a", "2026-11-24T09:00:00Z"}, {"b", "2026-11-24T07:00:00Z"}}) {
    testing::write_claimed_sweep(path(name));
    testing::write_registration(path(name),
                                testing::claims_file(testing::claim_text("up", 128, 256, "higher")), time);
    database_of(name);
  }
  EXPECT_EQ(rows("a.db", "SELECT registered FROM v_claims"), std::vector<std::string>{"after"});
  merge_databases(path("a.db"), path("b.db"), path("c.db"));
  EXPECT_EQ(rows("c.db", "SELECT registered FROM v_claims"), std::vector<std::string>{"before"});
  EXPECT_EQ(rows("c.db", "SELECT position FROM claim_file").size(), 2u);
}

TEST_F(Merge, WhatIsNoInputOrNoOutputIsRefusedAndNothingIsLeftBehind) {
  SweepFolder sweep(path("a"), "ranks");
  add_trial(sweep, 128, 1);
  sweep.write_plan();
  const fs::path a = database_of("a");
  testing::write_file(path("text.db"), std::string(2000, 'x'));
  Database(path("foreign.db"), Access::write).execute("CREATE TABLE t (x)");
  fs::copy_file(a, path("newer.db"));
  Database(path("newer.db"), Access::write).execute("PRAGMA user_version = 99; PRAGMA journal_mode = DELETE");
  fs::copy_file(a, path("short.db"));
  fs::resize_file(path("short.db"), fs::file_size(a) / 2);
  fs::copy_file(a, path("locked.db"));
  Database locked(path("locked.db"), Access::write);
  locked.execute("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  const fs::path out = path("c.db");
  EXPECT_THAT(refusal(a, path("none.db"), out), HasSubstr("none.db: no such database"));
  EXPECT_THAT(refusal(a, path("text.db"), out), HasSubstr("text.db: not a SQLite database"));
  EXPECT_THAT(refusal(path("foreign.db"), a, out), HasSubstr("but not imp's"));
  EXPECT_THAT(refusal(a, path("newer.db"), out), HasSubstr("use a newer imp"));
  EXPECT_THAT(refusal(a, path("short.db"), out), HasSubstr("short.db: the database is damaged"));
  EXPECT_THAT(refusal(a, path("locked.db"), out), HasSubstr("locked.db: locked by another process"));
  EXPECT_THAT(refusal(a, a, a), HasSubstr("belongs to the database that is read"));
  EXPECT_THAT(refusal(a, path("newer.db"), path("newer.db")),
              HasSubstr("belongs to the database that is read"));
  testing::write_file(out, "mine");
  EXPECT_THAT(refusal(a, a, out), HasSubstr("exists already"));
  EXPECT_EQ(testing::read_file(out), "mine");
  for (const auto& entry : fs::directory_iterator(folder_.path()))
    EXPECT_EQ(entry.path().filename().string().find(".new-"), std::string::npos) << entry.path();
}

TEST_F(Merge, ADatabaseWithItselfIsItself) {
  testing::write_claimed_sweep(path("a"));
  const fs::path a = database_of("a");
  const MergeReport report = merge_databases(a, a, path("c.db"));
  EXPECT_EQ(report.same, 6u);
  EXPECT_EQ(report.from_b, 0u);
  for (const char* sql : {"SELECT * FROM v_scores", "SELECT * FROM v_effects", "SELECT * FROM attempt"})
    EXPECT_EQ(rows("c.db", sql), rows("a.db", sql)) << sql;
}

TEST_F(Merge, KeepsTheLooksThatWerePlannedAndCannotJoinThoseAtTwoFactors) {
  const auto write = [&](const std::string& name, const std::string& factor) {
    SweepFolder sweep(path(name), "ranks");
    for (const int rank : {128, 256}) add_trial(sweep, rank, 1);
    sweep.write_plan();
    if (factor.empty()) return;
    const LooksRecord record{.planned = {factor, 4, 2, "2026-11-24T07:00:00Z"}, .rounds = {}};
    testing::write_file(sweep.folder() / "added_seeds.json", looks_record_text(record));
  };
  write("a", "");
  write("b", "lora_rank");
  write("d", "llm");
  merge_databases(database_of("a"), database_of("b"), path("c.db"));
  EXPECT_THAT(rows("c.db", "SELECT factor, looks FROM planned_looks"), ElementsAre("lora_rank | 4"));
  EXPECT_THAT(rows("c.db", "SELECT DISTINCT method FROM v_effects"),
              ElementsAre("questions only, adjusted for 4 looks"));
  merge_databases(path("c.db"), database_of("d"), path("e.db"));
  EXPECT_THAT(rows("e.db", "SELECT count(*) FROM sweep"), ElementsAre("2"));
}

}  // namespace
}  // namespace imp::results
