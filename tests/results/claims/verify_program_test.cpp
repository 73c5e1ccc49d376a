// SPDX-License-Identifier: Apache-2.0
// `imp-report verify`: what it prints and its exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/results/claims/claimed_sweep.h"
#include "tests/results/imp_report_program.h"

namespace imp::results {
namespace {

using ::testing::AllOf;
using testing::claim_text;
using testing::claims_file;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::Ran;

class VerifyProgram : public testing::ReportProgram {
 protected:
  void SetUp() override {
    testing::write_claimed_sweep(folder_.path() / "runs");
    testing::write_registration(folder_.path() / "runs", claims_file(claim_text("up", 128, 256, "higher")),
                                "2026-11-24T07:00:00Z");
    rebuild(folder_.path() / "results" / "imp.db", folder_.path() / "runs");
  }
  void write_claims(const std::string& claims) {
    testing::write_file(folder_.path() / "claims.yaml", claims_file(claims));
  }
};

TEST_F(VerifyProgram, ExitsWith4WhereAClaimIsContradictedAnd0Otherwise) {
  write_claims(claim_text("up", 128, 256, "higher") + claim_text("more", 256, 512, "higher"));
  const Ran fine = run("verify claims.yaml");
  EXPECT_EQ(fine.exit_code, 0) << fine.err;
  EXPECT_THAT(fine.out, AllOf(HasSubstr("| up    | supported"), HasSubstr("| before"),
                              HasSubstr("| more  | not resolved"), HasSubstr("| never"),
                              HasSubstr("- up: predicted higher; seen +20")));
  write_claims(claim_text("down", 128, 256, "lower"));
  EXPECT_EQ(run("verify claims.yaml").exit_code, 4);
  const Ran program = run("verify claims.yaml --json");
  EXPECT_EQ(program.exit_code, 4);
  const json row = json::parse(program.out)["rows"][0];
  EXPECT_EQ(row["verdict"], "contradicted");
  EXPECT_EQ(row["registered"], "never");
  EXPECT_NEAR(row["difference"], 0.2, 0.01);
  EXPECT_EQ(run("verify claims.yaml --sweep other").exit_code, 0);
}

TEST_F(VerifyProgram, AFilesMistakesAreALineEachAndExitCode2) {
  write_claims(claim_text("a", 128, 256, "higer, colour: red"));
  const Ran ran = run("verify claims.yaml");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(ran.err, AllOf(HasSubstr("claims.yaml:3:"), HasSubstr("did you mean 'higher'?"),
                             HasSubstr("unknown key 'colour'")));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 2);
  EXPECT_EQ(run("verify nowhere.yaml").exit_code, 2);
  EXPECT_EQ(run("verify claims.yaml -o claims.yaml").exit_code, 2);
}

TEST_F(VerifyProgram, TheReportShowsWhatBecameOfRegisteredClaims) {
  EXPECT_THAT(run("").out, AllOf(HasSubstr("## ranks: claims"), HasSubstr("| up    | supported")));
}

}  // namespace
}  // namespace imp::results
