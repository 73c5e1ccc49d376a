// SPDX-License-Identifier: Apache-2.0
// `imp-report merge`: what it prints and its exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/results/imp_report_program.h"

namespace imp::results {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::Ran;
using MergeProgram = testing::ReportProgram;

TEST_F(MergeProgram, WritesADatabaseThatReportsLikeItsInputs) {
  make_database();
  const Ran ran = run("merge results/imp.db results/imp.db -o both.db --json");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  const json row = json::parse(ran.out)["rows"][0];
  EXPECT_EQ(row["same"], 3);
  EXPECT_EQ(row["sweeps"], 1);
  EXPECT_EQ(run("--db both.db effects").out, run("effects").out);
  const Ran again = run("merge results/imp.db results/imp.db -o both.db");
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("both.db: exists already"));
}

TEST_F(MergeProgram, AConflictIsExitCode1AndNamed) {
  make_database();
  std::filesystem::copy_file(folder_.path() / "results" / "imp.db", folder_.path() / "b.db");
  Database(folder_.path() / "b.db", Access::write).execute("UPDATE score SET value = value / 2");
  const Ran ran = run("merge results/imp.db b.db -o c.db");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("has other scores or answers; b.db's sweep is kept as ranks.b"));
  EXPECT_EQ(run("--db c.db --sweep ranks.b").exit_code, 0);
}

TEST_F(MergeProgram, WithoutAnOutputThereIsNone) {
  make_database();
  const Ran ran = run("merge results/imp.db results/imp.db");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("name it with -o C.db"));
}

}  // namespace
}  // namespace imp::results
