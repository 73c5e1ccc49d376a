// SPDX-License-Identifier: Apache-2.0
#include "results/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <string_view>

#include "results/results_database.h"
#include "results/store_error.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using namespace std::chrono_literals;

std::string message_of(const std::function<void()>& action, StoreErrorKind kind) {
  try {
    action();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no StoreError";
  return {};
}

TEST(Database, ForeignKeysAndWalAreOn) {
  const TemporaryFolder folder;
  Database database = open_results(folder.path() / "new" / "imp.db", Access::write);
  EXPECT_EQ(database.integer("PRAGMA foreign_keys"), 1);
  Statement mode(database, "PRAGMA journal_mode");
  ASSERT_TRUE(mode.step());
  EXPECT_EQ(mode.text(0), "wal");
  EXPECT_EQ(database.integer("PRAGMA user_version"), newest_schema());
}

TEST(Transaction, WithoutCommitNothingStays) {
  const TemporaryFolder folder;
  Database database(folder.path() / "x.db");
  database.execute("CREATE TABLE t (a)");
  {
    const Transaction transaction(database);
    Statement(database, "INSERT INTO t VALUES (?)").run(1);
  }
  EXPECT_EQ(database.integer("SELECT count(*) FROM t"), 0);
}

TEST(Statement, TextWithZeroBytesAndEmptyTextComeBackAsTheyWere) {
  const TemporaryFolder folder;
  Database database(folder.path() / "x.db");
  const std::string odd("a\0b'\"", 5);
  Statement statement(database, "SELECT ?, ?, ?");
  ASSERT_TRUE(statement.bind_all(odd, std::string_view(), std::optional<double>()).step());
  EXPECT_EQ(statement.text(0), odd);
  EXPECT_FALSE(statement.is_null(1));
  EXPECT_TRUE(statement.is_null(2));
}

TEST(OpenResults, ASecondWriterIsToldThatTheDatabaseIsLocked) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "imp.db";
  const Database first = open_results(path, Access::write);
  const std::string message = message_of([&] { static_cast<void>(open_results(path, Access::write, 50ms)); },
                                         StoreErrorKind::environment);
  EXPECT_THAT(message, HasSubstr("imp.db: locked by another process; wait until it ends"));
  EXPECT_NO_THROW(static_cast<void>(open_results(path, Access::read, 50ms)));
}

TEST(OpenResults, AForeignProgramsLockIsToldTheSameWay) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "imp.db";
  static_cast<void>(open_results(path, Access::write));
  Database foreign(path, Access::write);
  foreign.execute("BEGIN IMMEDIATE");
  Database ours = open_results(path, Access::write, 50ms);
  EXPECT_THAT(message_of([&] { const Transaction transaction(ours); }, StoreErrorKind::environment),
              HasSubstr("locked by another process"));
}

TEST(OpenResults, ANewerSchemaIsRefusedAndLeftAsItIs) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "imp.db";
  open_results(path, Access::write).execute("PRAGMA user_version = 99");
  for (const Access access : {Access::read, Access::write}) {
    EXPECT_THAT(
        message_of([&] { static_cast<void>(open_results(path, access)); }, StoreErrorKind::environment),
        HasSubstr("its schema has version 99, this imp knows versions up to " +
                  std::to_string(newest_schema()) + "; use a newer imp"));
  }
  EXPECT_EQ(Database(path, Access::read).integer("PRAGMA user_version"), 99);
}

TEST(OpenResults, OtherFilesAreRefusedAndLeftAsTheyAre) {
  const TemporaryFolder folder;
  const auto text = folder.path() / "notes.txt";
  testing::write_file(text, std::string(4096, 'x'));
  EXPECT_THAT(
      message_of([&] { static_cast<void>(open_results(text, Access::write)); }, StoreErrorKind::usage),
      HasSubstr("not a SQLite database"));
  EXPECT_EQ(testing::read_file(text), std::string(4096, 'x'));
  const auto foreign = folder.path() / "foreign.db";
  Database(foreign, Access::write).execute("CREATE TABLE t (a)");
  EXPECT_THAT(
      message_of([&] { static_cast<void>(open_results(foreign, Access::write)); }, StoreErrorKind::usage),
      HasSubstr("a SQLite database, but not imp's"));
}

TEST(OpenResults, AMissingDatabaseIsNotMadeByAReader) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "imp.db";
  EXPECT_THAT(message_of([&] { static_cast<void>(open_results(path, Access::read)); }, StoreErrorKind::usage),
              HasSubstr("no such database; run a sweep first"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(OpenResults, AFolderThatCannotBeMadeIsAnEnvironmentError) {
  const TemporaryFolder folder;
  testing::write_file(folder.path() / "file", "");
  EXPECT_THAT(
      message_of([&] { static_cast<void>(open_results(folder.path() / "file" / "imp.db", Access::write)); },
                 StoreErrorKind::environment),
      EndsWith("with --db"));
}

constexpr std::string_view kFirstSchema =
    "PRAGMA application_id = 0x696d7000; CREATE TABLE t (a); INSERT INTO t VALUES (7);";
constexpr std::array<std::string_view, 2> kTwoSteps{"ALTER TABLE t ADD COLUMN b DEFAULT 8;",
                                                    "CREATE VIEW v AS SELECT a + b AS c FROM t;"};

TEST(Migration, AnOlderDatabaseIsBroughtUpStepByStepAndKeepsItsRows) {
  const TemporaryFolder folder;
  Database database(folder.path() / "imp.db");
  bring_up_to_date(database, kFirstSchema, {});
  EXPECT_EQ(database.integer("PRAGMA user_version"), 1);
  bring_up_to_date(database, "would fail if it ran", kTwoSteps);
  EXPECT_EQ(database.integer("PRAGMA user_version"), 3);
  EXPECT_EQ(database.integer("SELECT c FROM v"), 15);
  bring_up_to_date(database, "would fail if it ran", kTwoSteps);
}

TEST(Migration, AStepThatFailsLeavesTheVersionBeforeIt) {
  const TemporaryFolder folder;
  Database database(folder.path() / "imp.db");
  bring_up_to_date(database, kFirstSchema, {});
  const std::array<std::string_view, 2> broken{kTwoSteps[0], "CREATE TABLE u (a); CREATE VIEW broken"};
  EXPECT_THROW(bring_up_to_date(database, kFirstSchema, broken), StoreError);
  EXPECT_EQ(database.integer("PRAGMA user_version"), 2);
  EXPECT_EQ(database.integer("SELECT count(*) FROM sqlite_master WHERE name = 'u'"), 0);
}

}  // namespace
}  // namespace imp::results
