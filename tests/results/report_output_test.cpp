// SPDX-License-Identifier: Apache-2.0
// Where imp-report may write, and what of names and errors reaches a terminal or a spreadsheet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "results/printable.h"
#include "results/report/format.h"
#include "results/results_database.h"
#include "tests/results/imp_report_program.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Ran;
using testing::read_file;
using ReportOutput = testing::ReportProgram;

TEST_F(ReportOutput, TheDatabaseIsNeverReplacedUnderAnyOfItsNames) {
  make_database();
  const fs::path folder = folder_.path();
  const fs::path database = folder / "results" / "imp.db";
  const std::string before = read_file(database);
  fs::create_symlink("results/imp.db", folder / "link.db");
  fs::create_hard_link(database, folder / "hard.db");
  fs::create_directory_symlink("results", folder / "other");
  for (const char* arguments :
       {"-o results/imp.db", "-o ./results/../results/imp.db", "-o other/imp.db", "-o hard.db", "-o link.db",
        "-o results/imp.db-wal", "-o results/imp.db-shm", "-o results/imp.db-journal",
        "-o results/imp.db-lock", "--db link.db -o results/imp.db", "--db link.db -o results/imp.db-wal",
        "cost --output results/imp.db"}) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 2) << arguments;
    EXPECT_THAT(ran.err, HasSubstr("belongs to the database that is read")) << arguments;
    EXPECT_TRUE(read_file(database) == before) << arguments;
  }
  EXPECT_FALSE(fs::exists(folder / "results" / "imp.db-journal"));
}

TEST_F(ReportOutput, OnlyARegularFileIsReplaced) {
  make_database();
  const fs::path folder = folder_.path();
  testing::write_file(folder / "mine.md", "mine");
  fs::create_symlink("mine.md", folder / "link.md");
  fs::create_symlink("nowhere.md", folder / "dangling.md");
  fs::create_directory(folder / "folder");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  for (const char* output :
       {"link.md", "dangling.md", "folder", "folder/", "absent/", "pipe", "/dev/null", "/dev/stdout"}) {
    const Ran ran = run(std::string("-o ") + output);
    EXPECT_EQ(ran.exit_code, 2) << output;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
  EXPECT_EQ(read_file(folder / "mine.md"), "mine");
  EXPECT_TRUE(fs::is_symlink(folder / "link.md"));
  EXPECT_FALSE(fs::exists(folder / "absent"));
  EXPECT_EQ(run("-o mine.md").exit_code, 0);
  EXPECT_EQ(read_file(folder / "mine.md"), whole_report());
}

TEST_F(ReportOutput, ADashIsStandardOutput) {
  make_database();
  EXPECT_EQ(run("-o -").out, whole_report());
  EXPECT_FALSE(fs::exists(folder_.path() / "-"));
}

TEST_F(ReportOutput, VersionIsKnown) {
  const Ran ran = run("--version");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out, ::testing::MatchesRegex("imp-report [0-9]+\\.[0-9]+\\.[0-9]+( \\([0-9a-f]+\\))?\n"));
}

constexpr const char* kNasty =
    "\x1b]0;owned\x07 \x1b[2J\xc2\x9b"
    "31m \xe2\x80\xae"
    "abc \xff \r\n";

TEST_F(ReportOutput, ControlBytesOfNamesAndErrorsAreWrittenOut) {
  make_database();
  {
    Database database(folder_.path() / "results" / "imp.db", Access::write);
    Statement(database, "UPDATE sweep SET about = ?").run(kNasty);
    Statement(database, "UPDATE attempt SET error_message = ?").run(kNasty);
    Statement(database, "UPDATE factor SET name = ?").run(std::string("lora_rank") + kNasty);
    Statement(database, "UPDATE trial SET cell = ?, name = name || ?").run(kNasty, kNasty);
    Statement(database, "UPDATE score SET benchmark = benchmark || ?").run(kNasty);
  }
  for (const char* arguments :
       {"", "cost", "--format csv", "--format json", "--format html", "--format latex"}) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    // After its content a page has the charts' library, in which a tab may stand.
    for (const std::string& text : {ran.out.substr(0, ran.out.find("</main>")), ran.err}) {
      EXPECT_EQ(printable_lines(text), text) << arguments;
    }
    EXPECT_THAT(ran.out, HasSubstr("u001b")) << arguments;
  }
  const Ran unknown = run("--sweep \"$(printf 'a\\033[31m\\302\\233')\"");
  EXPECT_THAT(unknown.err, HasSubstr("no sweep 'a\\u001b[31m\\u009b'"));
  EXPECT_THAT(run("--db \"$(printf 'a\\033[31m.db')\"").err, HasSubstr("a\\u001b[31m.db: no such database"));
  EXPECT_THAT(run("\"$(printf -- '--a\\033[31m')\"").err, Not(HasSubstr("\x1b")));
}

TEST(Csv, TextThatASpreadsheetWouldRunGetsAnApostropheAndNumbersDoNot) {
  const auto field = [](const std::string& level) {
    const Table table{"", {{"=factor", false, {"=factor"}}}, {{{level, {level}}}}, {}, {}};
    const std::string csv = to_csv(table);
    EXPECT_TRUE(csv.starts_with("'=factor\n")) << csv;
    return csv.substr(csv.find('\n') + 1);
  };
  EXPECT_EQ(field("=1+2"), "'=1+2\n");
  EXPECT_EQ(field("@SUM(A1)"), "'@SUM(A1)\n");
  EXPECT_EQ(field("+cmd|' /C calc'!A0"), "'+cmd|' /C calc'!A0\n");
  EXPECT_EQ(field("-2+3"), "'-2+3\n");
  EXPECT_EQ(field("-"), "'-\n");
  EXPECT_EQ(field("-inf"), "'-inf\n");
  EXPECT_EQ(field("\xef\xbc\x9d"
                  "1"),
            "'\xef\xbc\x9d"
            "1\n");  // a full-width equals sign
  EXPECT_EQ(field("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\n");
  for (const char* same : {"-1", "+0.5", "-1e-4", "-.5", "128", "lora", "a=b", "", "1e5"}) {
    EXPECT_EQ(field(same), std::string(same) + "\n");
  }
  const Table numbers{"", {{"x", true, {"x", "y"}}}, {{{"", {-0.5, std::int64_t{-3}}}}}, {}, {}};
  EXPECT_EQ(to_csv(numbers), "x,y\n-0.5,-3\n");
}

}  // namespace
}  // namespace imp::results
