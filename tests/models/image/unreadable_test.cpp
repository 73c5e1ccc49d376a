// SPDX-License-Identifier: Apache-2.0
#include "models/image/unreadable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace imp::models {
namespace {

const std::filesystem::path kImages = std::filesystem::path(IMP_TEST_DATA) / "images";

TEST(FindUnreadable, NamesAllThatCannotBeReadInTheFilesOrder) {
  std::vector<std::filesystem::path> files;
  for (int i = 0; i < 150; ++i) {
    files.push_back(kImages / "alpha.png");
    files.push_back(kImages / (i % 2 == 0 ? "field/cut_tail.jpg" : "no such picture.jpg"));
  }
  files.push_back(kImages);
  std::vector<std::size_t> done;
  const std::vector<UnreadablePicture> found =
      find_unreadable(files, [&](std::size_t count) { done.push_back(count); });
  ASSERT_EQ(found.size(), 151U);
  EXPECT_EQ(found[0].file, kImages / "field/cut_tail.jpg");
  EXPECT_EQ(found[0].reason, "the JPEG is cut off; its data end before the picture does");
  EXPECT_EQ(found[1].reason, "is absent");
  EXPECT_EQ(found[150].reason, "is a folder; a picture is needed");
  EXPECT_EQ(done.back(), files.size());
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));

  const std::string lines = as_lines(found);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 21);
  EXPECT_THAT(lines, testing::EndsWith("\n  and 131 more"));
}

TEST(FindUnreadable, EndsWhereProgressThrows) {
  const std::vector<std::filesystem::path> files(1000, kImages / "alpha.png");
  std::size_t calls = 0;
  const auto stop = [&](std::size_t) {
    ++calls;
    throw std::runtime_error("stopped");
  };
  EXPECT_THROW((void)find_unreadable(files, stop), std::runtime_error);
  EXPECT_EQ(calls, 1U);
}

}  // namespace
}  // namespace imp::models
