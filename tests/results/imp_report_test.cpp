// SPDX-License-Identifier: Apache-2.0
// The program itself: what it prints where, and its exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "results/ingest.h"
#include "results/results_database.h"
#include "tests/results/imp_report_program.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Ran;
using testing::read_file;

using ImpReport = testing::ReportProgram;

TEST_F(ImpReport, PrintsTheNewestSweepWithoutArguments) {
  make_database();
  const Ran ran = run("");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, whole_report());
  EXPECT_THAT(ran.err, IsEmpty());
  EXPECT_EQ(run("cost --sweep ranks").out, read_file(IMP_TEST_DATA "/results/cost.md"));
  EXPECT_EQ(run("effects").out, read_file(IMP_TEST_DATA "/results/effects.md"));
  EXPECT_THAT(run("effects --families --interactions").err, HasSubstr("excludes"));
  EXPECT_THAT(run("noise").out, HasSubstr("it takes two cells with two seeds in common"));
  EXPECT_EQ(run("power --effect 0").exit_code, 2);
}

TEST_F(ImpReport, CsvGoesToStdoutAndNotesToStderr) {
  make_database();
  const Ran ran = run("--format csv");
  EXPECT_EQ(ran.out, read_file(IMP_TEST_DATA "/results/report.csv"));
  EXPECT_THAT(ran.err, HasSubstr("note: lora_rank=256,seed=2: failed in finetune: out_of_memory"));
}

TEST_F(ImpReport, WritesAFileWholeOrNotAtAll) {
  make_database();
  EXPECT_EQ(run("--format json -o new/report.json").exit_code, 0);
  EXPECT_EQ(read_file(folder_.path() / "new" / "report.json"),
            read_file(IMP_TEST_DATA "/results/report.json"));
  const Ran ran = run("-o results/imp.db/report.md");
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_THAT(ran.err, HasSubstr("cannot be written"));
  const Ran full = run("-o /dev/full/x");
  EXPECT_EQ(full.exit_code, 3);
}

TEST_F(ImpReport, MistakesAreOneLineAndExitCode2) {
  for (const char* arguments : {"", "--db nowhere.db"}) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.err, HasSubstr(".db: no such database; run a sweep first (imp-sweep FILE.yaml)"));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1);
    EXPECT_THAT(ran.out, IsEmpty());
  }
  static_cast<void>(open_results(folder_.path() / "empty.db", Access::write));
  EXPECT_THAT(run("--db empty.db").err, HasSubstr("empty.db: holds no sweeps; run one"));
  EXPECT_EQ(run("--db empty.db").exit_code, 2);
  make_database();
  const Ran unknown = run("--sweep rank");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.err, "imp-report: results/imp.db: no sweep 'rank'; did you mean 'ranks'?\n");
  EXPECT_THAT(run("--sweep something-else").err, EndsWith("it is one of ranks\n"));
  for (const char* arguments : {"--format xml", "--frmat md", "verify", "--db"}) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 2) << arguments;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
}

TEST_F(ImpReport, ANewerSchemaIsExitCode3) {
  make_database();
  Database(folder_.path() / "results" / "imp.db", Access::write).execute("PRAGMA user_version = 9");
  const Ran ran = run("");
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_THAT(ran.err, HasSubstr("use a newer imp"));
}

TEST_F(ImpReport, AFullDiskUnderStdoutIsExitCode3) {
  make_database();
  const std::string command =
      "cd '" + folder_.path().string() + "' && '" IMP_BIN "/imp-report' >/dev/full 2>err";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 3);
  EXPECT_THAT(read_file(folder_.path() / "err"), HasSubstr("No space left"));
}

}  // namespace
}  // namespace imp::results
