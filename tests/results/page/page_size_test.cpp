// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "results/report/page/page.h"
#include "results/results_database.h"
#include "tests/results/page/large_sweep.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::HasSubstr;

std::size_t count(const std::string& text, const std::string& wanted) {
  std::size_t found = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++found;
  return found;
}

TEST(PageSize, OfALargeSweepWithoutPicturesIsBoundedAndSaysWhatItLeavesOut) {
  const testing::TemporaryFolder folder;
  Database database = open_results(folder.path() / "imp.db", Access::write);
  testing::make_large_sweep(database);
  ASSERT_EQ(database.integer("SELECT count(*) FROM answer"), 108 * 3000);
  const std::string page = html_page(database, "large");
  EXPECT_LT(page.size(), 3'000'000U);
  EXPECT_EQ(count(page, "<details class=\"asked\""), 80U);
  EXPECT_THAT(page, HasSubstr("80 questions of 3,000"));
}

}  // namespace
}  // namespace imp::results
