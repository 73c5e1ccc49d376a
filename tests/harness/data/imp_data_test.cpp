// SPDX-License-Identifier: Apache-2.0
// Runs the program imp-data as a user would.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "models/io/file.h"
#include "tests/harness/data/imp_data_program.h"

namespace imp {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using testing::Outcome;

Outcome imp_data(const std::string& arguments) {
  return testing::imp_data(arguments, ::testing::TempDir());
}

TEST(ImpData, RendersAFolderAndTellsWhatIsInIt) {
  const fs::path folder = fs::path(::testing::TempDir()) / "imp_data_rendered";
  fs::remove_all(folder);
  const Outcome rendered = imp_data(
      fmt::format("render embedded -o {} --pictures 12 --test-pictures 8 --size 64", folder.string()));
  EXPECT_EQ(rendered.exit_code, 0) << rendered.errors;
  EXPECT_TRUE(fs::exists(folder / "images/train/000011.jpg"));
  const Outcome told = imp_data("stats " + folder.string());
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.output, rendered.output);
  EXPECT_THAT(told.output, HasSubstr("| train | 12 | word |"));
  EXPECT_THAT(imp_data("stats --json " + folder.string()).output, HasSubstr("\"pictures\": 12"));
}

TEST(ImpData, AnUnknownProfileIsAUsageErrorThatNamesTheProfiles) {
  const Outcome outcome = imp_data("render embeded -o /nowhere");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.output, "");
  EXPECT_THAT(outcome.errors, HasSubstr("embedded"));
}

TEST(ImpData, AMissingOptionIsAUsageError) {
  EXPECT_EQ(imp_data("render embedded").exit_code, 2);
}

TEST(ImpData, AFolderThatCannotBeWrittenIsAnEnvironmentError) {
  EXPECT_EQ(imp_data("render embedded -o /dev/null/x --pictures 1").exit_code, 3);
}

TEST(ImpData, AFolderWithABrokenFileIsNamedInOneLine) {
  const fs::path folder = fs::path(::testing::TempDir()) / "imp_data_broken";
  fs::remove_all(folder);
  ASSERT_EQ(
      imp_data(fmt::format("render embedded -o {} --pictures 2 --test-pictures 2 --size 64", folder.string()))
          .exit_code,
      0);
  const std::string deep(200'000, '[');
  for (const auto& [name, content] : std::vector<std::pair<std::string, std::string>>{
           {"train.json", "[{"},
           {"train.json", "[{\"image\": 3}]"},
           {"train_families.json", "{}"},
           {"test.json", deep},
           {"test.json", "{\"data\": [{\"image_id\": \"a\", \"answers\": [], \"family\": \"word\"}]}"},
           {"test_objects.json", "1e999"},
           {"test_presence.json", "{\"image\": 1}"}}) {
    const std::string before = read_file(folder / name);
    write_file_atomically(folder / name, content);
    const Outcome told = imp_data("stats " + folder.string());
    EXPECT_EQ(told.exit_code, 2) << content.substr(0, 60);
    EXPECT_THAT(told.errors, HasSubstr(name));
    EXPECT_TRUE(
        told.errors.starts_with(folder.string()) &&
        told.errors.ends_with(": not a file of a scenetext folder; render it again with imp-data render\n"))
        << told.errors;
    write_file_atomically(folder / name, before);
  }
}

}  // namespace
}  // namespace imp
