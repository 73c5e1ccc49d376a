// SPDX-License-Identifier: Apache-2.0
// The threads of a program that computes wait asleep unless the user says otherwise, and compute the same
// bits either way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "models/io/file.h"
#include "tests/faults/tiny_sweep.h"

namespace imp::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Runs a shell's line in the folder; returns what it said on both streams.
std::string shell(const TemporaryFolder& folder, const std::string& line, int exit_code = 0) {
  const std::string out = folder.path() / "out";
  const int status =
      std::system(("cd '" + folder.path().string() + "' && { " + line + "; } >'" + out + "' 2>&1").c_str());
  const std::string text = read_file(out);
  EXPECT_EQ(WEXITSTATUS(status), exit_code) << text;
  return text;
}

// `./imp test` sets the policy for the test programs.
const std::string kUnset = "env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT ";
const std::string kModel = "'" IMP_BIN "/imp-model' ";
const std::string kSweep = "'" IMP_BIN "/imp-sweep' ";

TEST(PassiveWait, IsTheDefaultOfProgramsThatComputeWithThreads) {
  const TemporaryFolder folder;
  for (const std::string& program : {kModel, kSweep}) {
    const std::string told = shell(folder, kUnset + "OMP_DISPLAY_ENV=verbose " + program + "--version");
    EXPECT_THAT(told, HasSubstr("GOMP_SPINCOUNT = '0'"));
    EXPECT_THAT(told, HasSubstr("LibTorch"));
  }
}

TEST(PassiveWait, TheUsersOwnSettingWins) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      shell(folder, kUnset + "OMP_WAIT_POLICY=active OMP_DISPLAY_ENV=verbose " + kModel + "--version"),
      HasSubstr("OMP_WAIT_POLICY = 'ACTIVE'"));
  EXPECT_THAT(shell(folder, kUnset + "GOMP_SPINCOUNT=77 OMP_DISPLAY_ENV=verbose " + kModel + "--version"),
              HasSubstr("GOMP_SPINCOUNT = '77'"));
  EXPECT_THAT(shell(folder, kUnset + "OMP_WAIT_POLICY= OMP_DISPLAY_ENV=verbose " + kModel + "--version"),
              Not(HasSubstr("GOMP_SPINCOUNT = '0'")))
      << "set and empty is the library's own default";
}

TEST(PassiveWait, StartingOnceMoreKeepsArgumentsEnvironmentNameAndExitCode) {
  const TemporaryFolder folder;
  EXPECT_THAT(shell(folder, "env -i " + kModel + "inspect 'no such  folder' ", 2),
              HasSubstr("no such  folder"));
  EXPECT_THAT(shell(folder, "env -i " + kModel + "'' '--x y'", 2), HasSubstr("imp-model: "));
  // Waits for its standard input, so that it can be looked at.
  const std::string look =
      "mkfifo in; " + kUnset + kModel +
      "tokenize '" IMP_TEST_DATA
      "/tokenizers/phi' <in & exec 3>in; "
      "for i in $(seq 200); do grep -q OMP_WAIT_POLICY=passive /proc/$!/environ && break; sleep 0.05; done; "
      "cat /proc/$!/comm; tr '\\0' '\\n' </proc/$!/environ; exec 3>&-; wait";
  EXPECT_THAT(shell(folder, look),
              testing::AllOf(testing::StartsWith("imp-model\n"), HasSubstr("OMP_WAIT_POLICY=passive\n"),
                             HasSubstr("PATH=")));
  // Found through PATH, and through a link.
  EXPECT_THAT(shell(folder, "PATH='" IMP_BIN "':$PATH; imp-model --version"), HasSubstr("imp-model "));
  EXPECT_THAT(shell(folder, "ln -s '" IMP_BIN "/imp-model' linked; ./linked --version"),
              HasSubstr("imp-model "));
}

TEST(PassiveWait, TrainingGivesTheSameBitsUnderEitherPolicy) {
  std::map<std::string, std::string> results[2];
  const char* policies[] = {"active", "passive"};
  const TinySweep sweeps[2];
  for (int i = 0; i < 2; ++i) {
    std::string line = "OMP_NUM_THREADS=2 OMP_WAIT_POLICY=" + std::string(policies[i]) + " " + kSweep;
    const TinySweep& sweep = sweeps[i];
    line += "'" + sweep.file().string() + "' --runs '" + sweep.runs().string() + "' --db '" +
            sweep.database().string() + "' --set max_steps=6 --set connector_max_steps=4";
    const TemporaryFolder folder;
    (void)shell(folder, line);
    results[i] = results_of(sweep);
  }
  EXPECT_GT(results[0].size(), 8u);
  for (const auto& [name, content] : results[0])
    EXPECT_TRUE(results[1][name] == content) << name << " differs";
}

}  // namespace
}  // namespace imp::test
