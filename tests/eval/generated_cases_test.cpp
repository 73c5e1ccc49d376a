// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <numeric>

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

using Counts = std::map<std::string, std::size_t>;

/// Compares every line of the file and prints how many there are of each metric.
Counts compare_cases(const std::string& file) {
  Counts counts, different;
  for (const auto& [input, expected] :
       test::cases_of(read_file(std::string(IMP_TEST_DATA "/metric_cases/") + file))) {
    const auto metric = expected.at("metric").get<std::string>();
    const Json computed = computed_line(metric, input);
    ++counts[metric];
    for (const auto& [key, value] : expected.items()) {
      const bool same = computed.contains(key) && test::agrees(value, computed.at(key));
      if (!same && ++different[metric] <= 5)
        ADD_FAILURE() << key << ": " << expected << "\ncomputed " << computed;
    }
  }
  for (const auto& [metric, count] : counts)
    std::cout << "  " << metric << ": " << count - different[metric] << " of " << count << " cases of "
              << file << " equal\n";
  return counts;
}

std::size_t sum(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0},
                         [](std::size_t total, const auto& one) { return total + one.second; });
}

/// tests/parity/make_metric_cases.py made the file with lmms-eval 0.7.3.
TEST(GeneratedCases, EqualLmmsEval) {
  const Counts counts = compare_cases("lmms_eval_0.7.3.jsonl");
  EXPECT_EQ(sum(counts), 13'260U);
  EXPECT_EQ(counts.size(), line_metrics().size() - 1)
      << "all but stvqa, which lmms-eval leaves to the server";
}

/// tests/eval/make_stvqa_cases.py made the file with M4C's evaluator.
TEST(GeneratedCases, EqualM4c) {
  EXPECT_EQ(compare_cases("m4c_stvqa.jsonl"), (Counts{{"stvqa", 2000}}));
}

}  // namespace
}  // namespace imp::eval
