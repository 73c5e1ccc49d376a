// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/left_out_rows.h"

#include <gtest/gtest.h>

#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

TEST(WithoutRows, TheOthersKeepTheirOrderAndLengths) {
  std::vector<TrainingRow> rows(6);
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].modality_length = static_cast<int64_t>(10 * i);
    rows[i].images = {"picture " + std::to_string(i)};
  }
  const auto kept = without_rows(std::make_unique<RowList>(rows), {0, 3, 5});
  ASSERT_EQ(kept->size(), 3);
  const std::vector<int64_t> expected{1, 2, 4};
  for (int64_t i = 0; i < 3; ++i) {
    const int64_t original = expected[static_cast<size_t>(i)];
    EXPECT_EQ(kept->modality_length(i), 10 * original);
    EXPECT_EQ(kept->row(i).images.front(), "picture " + std::to_string(original));
  }
  EXPECT_EQ(without_rows(std::make_unique<RowList>(rows), {})->size(), 6);
}

TEST(LeftOut, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  const LeftOut left_out{"rows.json", 9, {"a b.jpg", "c/\xc3\xa9.png"}, {2, 7}};
  write_left_out(folder.path(), left_out);
  const LeftOut read = read_left_out(folder.path());
  EXPECT_EQ(read.file, left_out.file);
  EXPECT_EQ(read.of_rows, 9);
  EXPECT_EQ(read.pictures, left_out.pictures);
  EXPECT_EQ(read.rows, left_out.rows);
}

}  // namespace
}  // namespace imp::harness
