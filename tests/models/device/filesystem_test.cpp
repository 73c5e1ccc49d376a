// SPDX-License-Identifier: Apache-2.0
// LibTorch's libraries export std::filesystem of a C++ library of their own, which programs must not call.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace imp::models {
namespace {

TEST(ProgramsWithLibTorch, RemoveFoldersWithTheSystemsLibrary) {
  EXPECT_GT(at::get_num_threads(), 0);  // LibTorch is linked and loaded
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("imp_filesystem_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / "inner");
  std::ofstream(folder / "inner" / "file") << "text";
  std::error_code error;
  EXPECT_EQ(std::filesystem::remove_all(folder, error), 3U);
  EXPECT_FALSE(error);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace imp::models
