// SPDX-License-Identifier: Apache-2.0
// Databases that another program, a disk or a hand has changed: one clear line each, and no number made of
// nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "results/results_database.h"
#include "results/run_files.h"
#include "results/store_error.h"
#include "tests/results/imp_report_program.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Ran;

class BrokenDatabase : public testing::ReportProgram {
 protected:
  void SetUp() override {
    make_database();
    // As another program would: without our checks, and with the tables' types out of the way.
    Database(path(), Access::write).execute("PRAGMA journal_mode = DELETE");
  }
  [[nodiscard]] fs::path path() const { return folder_.path() / "results" / "imp.db"; }
  void change(const std::string& sql) const { Database(path(), Access::write).execute(sql); }
  /// A table that takes values of any type in place of ours.
  void loosen(const std::string& table) const {
    change("PRAGMA foreign_keys = OFF; CREATE TABLE loose AS SELECT * FROM " + table +
           "; PRAGMA legacy_alter_table = ON; DROP TABLE " + table + "; ALTER TABLE loose RENAME TO " +
           table);
  }
  void expect_one_line(const Ran& ran, int code, const std::string& says) const {
    EXPECT_EQ(ran.exit_code, code) << ran.err;
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_THAT(ran.err, AllOf(HasSubstr(says), Not(HasSubstr("exception")), Not(HasSubstr("terminate"))));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
};

TEST_F(BrokenDatabase, ASchemaVersionThatNoImpWritesIsRefused) {
  for (const char* version : {"-3", "0", "-1", "-2147483648"}) {
    change(std::string("PRAGMA user_version = ") + version);
    for (const char* command : {"", "cost", "--format csv"}) {
      expect_one_line(run(command), 3, "which no imp writes; remove it and run `imp-sweep rebuild`");
    }
    EXPECT_THROW(static_cast<void>(open_results(path(), Access::write)), StoreError);
    EXPECT_EQ(Database(path(), Access::read).integer("PRAGMA user_version"), std::stoll(version))
        << "changed";
  }
  for (const char* version : {"2147483647", "99"}) {
    change(std::string("PRAGMA user_version = ") + version);
    expect_one_line(run(""), 3, "use a newer imp");
  }
}

TEST_F(BrokenDatabase, LevelsThatAreNoJsonObjectAreNamedByTrial) {
  const std::string deep(50'000, '[');
  for (const std::string& levels : {std::string("{\"lora_rank\": "), std::string("oops"), std::string(),
                                    std::string("[1]"), std::string("3"), std::string("null"),
                                    std::string("{\"lora_rank\": 1e999}"), "{\"lora_rank\": " + deep}) {
    Database database(path(), Access::write);
    Statement(database, "UPDATE trial SET levels_json = ?").run(levels);
    expect_one_line(run(""), 3, "results/imp.db: trial 'lora_rank=128,seed=1': levels_json is not");
  }
}

TEST_F(BrokenDatabase, BenchmarksThatAreNoListOfNamesAreNamedBySweep) {
  for (const char* names : {"", "[\"scenetext\"", "{}", "[1]", "\"scenetext\"", "[[]]"}) {
    change("UPDATE sweep SET benchmarks_json = '" + std::string(names) + "'");
    expect_one_line(run(""), 3, "results/imp.db: sweep 'ranks': benchmarks_json ");
  }
}

TEST_F(BrokenDatabase, ValuesOfAnotherTypeAreNotTakenForZero) {
  const std::vector<std::pair<std::string, std::string>> changes{
      {"score", "UPDATE score SET value = 'much'"},
      {"score", "UPDATE score SET value = NULL"},
      {"score", "UPDATE score SET standard_error = x'00'"},
      {"cell_score", "UPDATE cell_score SET ci_high = 'x'"},
      {"trial", "UPDATE trial SET cell_number = 'first'"},
      {"trial", "UPDATE trial SET wall_seconds = 'long'"},
      {"factor", "UPDATE factor SET name = NULL"},
      {"sweep", "UPDATE sweep SET about = NULL"}};
  for (const auto& [table, sql] : changes) {
    SCOPED_TRACE(sql);
    make_database();
    loosen(table);
    change(sql);
    expect_one_line(run(""), 3, "results/imp.db: is not as imp made it (");
  }
}

TEST_F(BrokenDatabase, NumbersThatAreNotFiniteAreRefused) {
  for (const char* sql :
       {"UPDATE score SET value = 9e999", "UPDATE score SET standard_error = -9e999",
        "UPDATE cell_score SET value = 9e999", "UPDATE trial SET tokens_per_second = 9e999"}) {
    SCOPED_TRACE(sql);
    make_database();
    change(sql);
    expect_one_line(run(""), 3, "should hold a finite number");
  }
  make_database();
  change("UPDATE trial SET wall_seconds = 1e300");
  EXPECT_EQ(run("").exit_code, 0);
  EXPECT_EQ(run("cost").exit_code, 0);
}

TEST_F(BrokenDatabase, TablesAndColumnsThatAreMissingAreToldAsAForeignDatabase) {
  for (const char* sql : {"DROP TABLE trial", "DROP TABLE sweep", "DROP TABLE cell_score",
                          "ALTER TABLE score RENAME COLUMN value TO points", "DROP TABLE factor"}) {
    SCOPED_TRACE(sql);
    make_database();
    change(std::string("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; ") + sql);
    expect_one_line(run(""), 3, "results/imp.db: is not as imp made it (");
  }
  make_database();
  change("DROP VIEW v_cost");
  expect_one_line(run("cost"), 3, "no such table: v_cost); remove it and run `imp-sweep rebuild`");
}

TEST_F(BrokenDatabase, FilesThatAreNoDatabaseAreRefusedByKind) {
  const fs::path folder = folder_.path();
  fs::create_directory(folder / "folder.db");
  fs::create_symlink("nowhere", folder / "dangling.db");
  ASSERT_EQ(::mkfifo((folder / "pipe.db").c_str(), 0600), 0);
  testing::write_file(folder / "text.db",
                      "this is no database, but a text that is long enough for a header of it ..."
                      "........................................................");
  for (const char* name : {"folder.db", "pipe.db", "dangling.db", "/dev/zero", "text.db"}) {
    expect_one_line(run(std::string("--db ") + name), 2, "with --db");
    EXPECT_FALSE(fs::exists(std::string(name) + "-lock"));
  }
  EXPECT_THROW(static_cast<void>(open_results(folder / "folder.db", Access::write)), StoreError);
  EXPECT_FALSE(fs::exists(folder / "folder.db-lock"));
  fs::create_symlink("results/imp.db", folder / "link.db");
  EXPECT_EQ(run("--db link.db").exit_code, 0) << "a link to a database is one";
}

TEST_F(BrokenDatabase, ATruncatedFileIsDamagedAndNotShort) {
  const auto whole = fs::file_size(path());
  for (const auto size :
       {whole / 2, whole / 8, std::uintmax_t{5000}, std::uintmax_t{100}, std::uintmax_t{50}}) {
    make_database();
    change("PRAGMA wal_checkpoint(TRUNCATE)");
    fs::remove(path().string() + "-wal");
    fs::resize_file(path(), size);
    const Ran ran = run("");
    EXPECT_NE(ran.exit_code, 0) << size;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    fs::remove(path());
  }
}

TEST_F(BrokenDatabase, AnUnfinishedSweepIsSaidToBeOneInEveryOutput) {
  for (const char* command :
       {"", "effects", "effects --families", "effects --interactions", "noise", "power", "cost"}) {
    for (const char* format : {"md", "text", "json", "latex", "html"}) {
      EXPECT_THAT(run(std::string(command) + " --format " + format).out, HasSubstr("unfinished"))
          << command << format;
    }
    EXPECT_THAT(run(std::string(command) + " --format csv").err,
                HasSubstr("note: unfinished: 1 of 5 trials are still to run, so nothing here is final"))
        << command;
  }
  change("DELETE FROM trial WHERE status = 'planned'");
  for (const char* command : {"", "effects", "cost"})
    EXPECT_THAT(run(command).out, Not(HasSubstr("unfinished")));
}

TEST_F(BrokenDatabase, ThatAnotherProgramHoldsIsLockedAndNotDamaged) {
  Database holder(path(), Access::write);
  holder.execute("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  try {
    static_cast<void>(open_results(path(), Access::read, std::chrono::milliseconds(0)));
    ADD_FAILURE() << "opened";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.exit_code(), 3);
    EXPECT_THAT(error.what(), HasSubstr("imp.db: locked by another process; wait until it ends"));
  }
}

TEST(BrokenRunFile, AScoreThatIsNoNumberIsAProblemOfItsFileAndNoScore) {
  const testing::TemporaryFolder folder;
  const testing::SweepFolder sweep = testing::write_small_sweep(folder.path() / "runs", "ranks");
  const fs::path answers = sweep.trial_folder("lora_rank=128,seed=1") / "predictions" / "scenetext.jsonl";
  for (const char* score : {"NaN", "Infinity", "1e999", "null", "\"0.5\""}) {
    testing::write_file(
        answers, std::string("{\"question_id\": 1, \"image_id\": \"a\", \"prediction\": \"x\", \"score\": ") +
                     score + "}\n");
    Database database = open_results(folder.path() / "imp.db", Access::write);
    const Problems problems = ingest_sweep(database, folder.path() / "runs", "ranks");
    ASSERT_EQ(problems.size(), 1u) << score;
    EXPECT_THAT(problems[0], HasSubstr("scenetext.jsonl:1")) << score;
    EXPECT_EQ(
        database.integer("SELECT count(*) FROM v_answers WHERE trial = 'lora_rank=128,seed=1' AND blind = 0"),
        0)
        << score;
  }
}

// --- the files that a database is made from

std::string refusal(const std::function<void()>& read) {
  try {
    read();
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("exception")));
    return error.what();
  }
  return "read";
}

TEST(BrokenRunFile, IsToldWithFileAndPlace) {
  const testing::TemporaryFolder folder;
  const fs::path file = folder.path() / "outcome.json";
  const auto told = [&](const std::string& content) {
    testing::write_file(file, content);
    return refusal([&] { static_cast<void>(read_outcome_file(file)); });
  };
  EXPECT_THAT(told("{\"schema\": 1,\n \"status\": "), HasSubstr("outcome.json:2:"));
  EXPECT_THAT(told("{\"schema\": 1, \"cost\": {\"flops\": 1e999}}"),
              HasSubstr("holds a number that no computer's"));
  EXPECT_THAT(told("{\"schema\": " + std::string(100'000, '[')), HasSubstr("is nested too deep"));
  EXPECT_THAT(told("[]"), HasSubstr("should be a JSON object"));
  EXPECT_THAT(told("{\"schema\": 18446744073709551615}"), HasSubstr("should be a whole number below 2^63"));
  EXPECT_THAT(told("{\"schema\": 1, \"status\": [\"" + std::string(5000, 'x') + "\"]}").size(),
              ::testing::Lt(300u));
  EXPECT_THAT(told("{\"schema\": 1, \"status\": \"\xff\"}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(told("{\"schema\": 1, \"status\": \"done\", \"config\": {}, \"scores\": [3]}"),
              HasSubstr("scores: should be a JSON object"));
}

TEST(BrokenRunFile, ALogWithANumberTooLargeNamesItsLine) {
  const testing::TemporaryFolder folder;
  const fs::path file = folder.path() / "train.jsonl";
  testing::write_file(file, "{\"step\": 1, \"loss\": 2.5}\n{\"step\": 2, \"loss\": -1e999}\n");
  EXPECT_THAT(refusal([&] { static_cast<void>(read_train_steps(file)); }),
              HasSubstr("train.jsonl:2: holds a number"));
}

}  // namespace
}  // namespace imp::results
