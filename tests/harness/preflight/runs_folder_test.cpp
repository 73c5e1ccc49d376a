// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/runs_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class RunsFolder : public testing::Test {
 protected:
  /// Exit code and line; "accepted" where it is taken.
  [[nodiscard]] std::string refusal() const {
    try {
      require_own_runs_folder(folder_.path() / "runs", "s");
    } catch (const Error& error) {
      return std::to_string(error.exit_code()) + " " + error.what();
    }
    return "accepted";
  }

  TemporaryFolder folder_;
};

TEST_F(RunsFolder, MayBeAbsentEmptyOrImps) {
  EXPECT_EQ(refusal(), "accepted");
  folder_.write("runs/other/sweep.json", "{}");
  std::filesystem::create_directories(folder_.path() / "runs" / "s");
  std::filesystem::create_directories(folder_.path() / "runs" / "stages");
  EXPECT_EQ(refusal(), "accepted");
  folder_.write("runs/s/a,seed=1/outcome.json", "{}");
  folder_.write("runs/s/notes.txt", "of a person, beside imp's");
  folder_.write("runs/stages/.making-data-1/x", "");
  EXPECT_EQ(refusal(), "accepted") << "a sweep whose record was lost";
  folder_.write("runs/s/sweep.json", R"({"schema": 1, "sweep": "s", "trials": []})");
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(RunsFolder, OfANewerImpIsTheEnvironment) {
  folder_.write("runs/s/sweep.json", R"({"schema": 2, "sweep": "s", "trials": []})");
  EXPECT_THAT(refusal(),
              AllOf(StartsWith("3 "), HasSubstr("s/sweep.json: was written by a newer imp (schema 2, ")));
}

TEST_F(RunsFolder, OfSomebodyElseIsRefused) {
  for (const char* text : {"not JSON", "[]", R"({"schema": 1})", R"({"sweep": "s"})"}) {
    folder_.write("runs/s/sweep.json", text);
    EXPECT_THAT(refusal(), AllOf(StartsWith("2 "), HasSubstr("is no record that imp wrote"))) << text;
    EXPECT_EQ(read_file(folder_.path() / "runs/s/sweep.json"), text);
  }
  std::filesystem::remove_all(folder_.path() / "runs");
  folder_.write("runs/s/cat.jpg", "");
  EXPECT_THAT(refusal(),
              AllOf(StartsWith("2 "), HasSubstr("runs/s: is there and holds nothing that imp wrote"),
                    HasSubstr("another name")));
  std::filesystem::remove_all(folder_.path() / "runs");
  folder_.write("runs/stages/theatre/cat.jpg", "");
  EXPECT_THAT(refusal(), AllOf(StartsWith("2 "), HasSubstr("runs/stages: is there")));
}

}  // namespace
}  // namespace imp::harness
