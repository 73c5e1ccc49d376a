// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "eval/metrics/registry.h"
#include "eval/metrics/vqa_normalize.h"
#include "models/io/file.h"
#include "tests/eval/golden_cases.h"

namespace imp::eval {
namespace {

using Json = nlohmann::ordered_json;

/// The computed line, with the one key that lmms-eval computes on the way and no metric of ours prints.
Json computed_line(const std::string& metric, const Json& input) {
  Json line = input;
  find_line_metric(metric).add_keys(line);
  if (metric == "vqa_normalize")
    line["normalized_lmms_eval_vqav2"] = normalize_vqav2_answer(line.at("text").get<std::string>());
  line["metric"] = metric;
  return line;
}

/// tests/parity/make_metric_cases.py made the file with lmms-eval 0.7.3.
TEST(GeneratedCases, EqualLmmsEval) {
  std::map<std::string, std::size_t> counts;
  std::map<std::string, std::size_t> different;
  for (const auto& [input, expected] :
       test::cases_of(read_file(IMP_TEST_DATA "/metric_cases/lmms_eval_0.7.3.jsonl"))) {
    const auto metric = expected.at("metric").get<std::string>();
    const Json computed = computed_line(metric, input);
    ++counts[metric];
    for (const auto& [key, value] : expected.items()) {
      const bool same = computed.contains(key) && test::agrees(value, computed.at(key));
      if (!same && ++different[metric] <= 5)
        ADD_FAILURE() << key << ": " << expected << "\ncomputed " << computed;
    }
  }
  std::size_t total = 0;
  for (const auto& [metric, count] : counts) total += count;
  EXPECT_GE(total, 10'000U);
  EXPECT_EQ(counts.size(), line_metrics().size());
  EXPECT_TRUE(different.empty());
}

}  // namespace
}  // namespace imp::eval
