// SPDX-License-Identifier: Apache-2.0
// A sweep file with mistakes: exit 2, a line a mistake on stderr with file, line and column, nothing run,
// nothing written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "models/io/file.h"
#include "tests/faults/process.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kFolder = fs::path(IMP_TEST_DATA) / "sweeps" / "bad";

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// imp-sweep on a file, which must end with 2 and leave nothing; what it said.
std::string refusal(const fs::path& file, const std::vector<std::string>& more = {}) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments{
      "imp-sweep", file, "--runs", folder.path() / "runs", "--db", folder.path() / "imp.db"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished finished = run_program(arguments);
  EXPECT_EQ(finished.exit_code, 2) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_TRUE(fs::is_empty(folder.path()));
  return finished.err;
}

class BadSweep : public testing::TestWithParam<std::string> {};

TEST_P(BadSweep, EndsWith2AndNamesEveryPlace) {
  std::string said = refusal(kFolder / (GetParam() + ".yaml"));
  const std::string folder = kFolder.string() + "/";
  for (std::size_t at = 0; (at = said.find(folder)) != std::string::npos;) said.erase(at, folder.size());
  EXPECT_EQ(said, read_file(kFolder / (GetParam() + ".txt")));
  EXPECT_THAT(said, testing::ContainsRegex("[a-z_0-9]+\\.yaml(:[0-9]+:[0-9]+)?: "));
}

INSTANTIATE_TEST_SUITE_P(Files, BadSweep, testing::ValuesIn(bad_files()),
                         [](const testing::TestParamInfo<std::string>& test) { return test.param; });

TEST(BadOption, IsRefusedWith2) {
  const fs::path file = fs::path(IMP_SOURCE) / "sweeps" / "smoke.yaml";
  EXPECT_THAT(refusal("nowhere.yaml"), HasSubstr("nowhere.yaml: cannot read: No such file or directory"));
  EXPECT_THAT(refusal(file, {"--set", "lora_rnk=3"}), HasSubstr("lora_rank"));
  EXPECT_THAT(refusal(file, {"--set", "lora_rank=many"}), HasSubstr("lora_rank"));
  EXPECT_THAT(refusal(file, {"--only", "lora_rank =="}), HasSubstr("--only"));
  EXPECT_THAT(refusal(file, {"--executor", "cloud"}), HasSubstr("--executor"));
  EXPECT_THAT(refusal(file, {"--sette", "a=b"}), HasSubstr("--sette"));
  EXPECT_EQ(run_program({"imp-sweep"}).exit_code, 2);
  EXPECT_EQ(run_program({"imp-sweep", "--help"}).exit_code, 0);
}

TEST(ImpSweepSchema, IsJson) {
  const Finished finished = run_program({"imp-sweep", "schema"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.out, HasSubstr("lora_rank"));
}

TEST(ImpSweepDoctor, LooksAtTheMachine) {
  const TemporaryFolder folder;
  const Finished finished = run_program({"imp-sweep", "doctor", "--runs", folder.path() / "runs"});
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  EXPECT_THAT(finished.out, HasSubstr("ok    LibTorch: 2."));
}

}  // namespace
}  // namespace imp::test
