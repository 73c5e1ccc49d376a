// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <iostream>

#include "eval/metrics/registry.h"
#include "tests/eval/golden_cases.h"

namespace imp::eval {
namespace {

TEST(Goldens, EveryMetricFunctionEqualsTheReference) {
  std::size_t cases = 0;
  for (const LineMetric& metric : line_metrics()) {
    if (metric.name == "stvqa") continue;  // no golden; tests/data/metric_cases has its reference
    const std::vector<test::GoldenCase> goldens = test::golden_cases(std::string(metric.name));
    std::size_t equal = 0;
    for (const test::GoldenCase& golden : goldens) {
      nlohmann::ordered_json computed = golden.input;
      metric.add_keys(computed);
      const bool same = test::agrees(golden.expected, computed);
      EXPECT_TRUE(same) << metric.name << ": expected " << golden.expected << ", computed " << computed;
      equal += same ? 1 : 0;
    }
    std::cout << "  " << metric.name << ": " << equal << " of " << goldens.size() << " goldens equal\n";
    cases += goldens.size();
  }
  EXPECT_EQ(cases, 2372U);
}

}  // namespace
}  // namespace imp::eval
