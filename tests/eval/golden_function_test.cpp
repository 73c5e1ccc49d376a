// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "eval/metrics/registry.h"
#include "tests/eval/golden_cases.h"

namespace imp::eval {
namespace {

TEST(Goldens, EveryMetricFunctionEqualsTheReference) {
  std::size_t cases = 0;
  for (const LineMetric& metric : line_metrics()) {
    for (const test::GoldenCase& golden : test::golden_cases(std::string(metric.name))) {
      nlohmann::ordered_json computed = golden.input;
      metric.add_keys(computed);
      EXPECT_TRUE(test::agrees(golden.expected, computed))
          << metric.name << ": expected " << golden.expected << ", computed " << computed;
      ++cases;
    }
  }
  EXPECT_EQ(cases, 2372U);
}

}  // namespace
}  // namespace imp::eval
