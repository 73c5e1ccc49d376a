// SPDX-License-Identifier: Apache-2.0
// Text in, text out: each tests/data/sweeps/bad/NAME.yaml must be refused with exactly the lines of NAME.txt.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/plan/expand.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(IMP_TEST_DATA) / "sweeps" / "bad";

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string message_of(const fs::path& file) {
  try {
    static_cast<void>(load_sweep(file));
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    std::string message = error.what();
    const std::string folder = kFolder.string() + "/";
    for (std::size_t at = 0; (at = message.find(folder)) != std::string::npos;)
      message.erase(at, folder.size());
    return message + "\n";
  }
  return "accepted\n";
}

class BadSweepFile : public testing::TestWithParam<std::string> {};

TEST_P(BadSweepFile, IsRefusedWithAllItsMistakesAndTheirPlaces) {
  EXPECT_EQ(message_of(kFolder / (GetParam() + ".yaml")), read_file(kFolder / (GetParam() + ".txt")));
}

INSTANTIATE_TEST_SUITE_P(Files, BadSweepFile, testing::ValuesIn(bad_files()),
                         [](const testing::TestParamInfo<std::string>& test) { return test.param; });

TEST(SweepFile, MissingFileIsNamed) {
  EXPECT_EQ(message_of("nowhere/x.yaml"), "nowhere/x.yaml: cannot read: No such file or directory\n");
}

TEST(SweepFile, FolderInPlaceOfAFileIsNamed) {
  EXPECT_EQ(message_of(kFolder), kFolder.string() + ": is a folder; a file is needed\n");
}

}  // namespace
}  // namespace imp::harness
