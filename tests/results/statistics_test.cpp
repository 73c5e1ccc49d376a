// SPDX-License-Identifier: Apache-2.0
#include "results/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace imp::results {
namespace {

TEST(ClusteredVariance, EqualsTheGoldensOfLmmsEval) {
  std::ifstream file(IMP_TEST_DATA "/goldens/clustered_standard_error.jsonl");
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const auto golden = nlohmann::json::parse(line);
    std::map<std::string, std::size_t> numbers;
    std::vector<std::size_t> cluster;
    for (const std::string name : golden["clusters"])
      cluster.push_back(numbers.emplace(name, numbers.size()).first->second);
    const auto scores = golden["scores"].get<std::vector<double>>();
    EXPECT_NEAR(std::sqrt(clustered_variance(scores, cluster)), golden["standard_error"].get<double>(), 1e-9);
  }
  EXPECT_GT(cases, 0);
}

TEST(ClusteredVariance, OneValueHasNone) {
  EXPECT_TRUE(std::isnan(clustered_variance(std::vector<double>{0.5}, std::vector<std::size_t>{0})));
}

// The definition, pair by pair: Var = (s^2/n + (1/n^2) sum over pairs i != j of one cluster) + Var(seed
// means)/S.
double brute_force_variance(const ScoreTable& table) {
  const std::size_t questions = table.cluster.size();
  const auto n = static_cast<double>(questions);
  const auto seeds = static_cast<double>(table.by_seed.size());
  std::vector<double> m(questions, 0.0);
  double grand = 0.0;
  for (std::size_t q = 0; q < questions; ++q) {
    for (const auto& row : table.by_seed) m[q] += row[q];
    m[q] /= seeds;
    grand += m[q] / n;
  }
  double s2 = 0.0;
  double pairs = 0.0;
  for (std::size_t i = 0; i < questions; ++i) {
    s2 += (m[i] - grand) * (m[i] - grand) / (n - 1.0);
    for (std::size_t j = 0; j < questions; ++j) {
      if (i != j && table.cluster[i] == table.cluster[j]) pairs += (m[i] - grand) * (m[j] - grand);
    }
  }
  double between = 0.0;
  for (const auto& row : table.by_seed) {
    double mean = 0.0;
    for (const double value : row) mean += value / n;
    between += (mean - grand) * (mean - grand);
  }
  return s2 / n + pairs / (n * n) + (seeds > 1 ? between / (seeds - 1.0) / seeds : 0.0);
}

TEST(TwoWayEstimate, EqualsTheDefinitionPairByPair) {
  ScoreTable table;
  for (std::size_t seed = 0; seed < 3; ++seed) {
    std::vector<double> row;
    for (std::size_t q = 0; q < 40; ++q)
      row.push_back(static_cast<double>((q * 7 + seed * 13 + q * seed) % 11) / 10.0);
    table.by_seed.push_back(row);
  }
  for (std::size_t q = 0; q < 40; ++q) table.cluster.push_back(q % 9);
  const Estimate estimate = two_way_estimate(table);
  EXPECT_NEAR(estimate.standard_error(), std::sqrt(brute_force_variance(table)), 1e-12);
  EXPECT_EQ(estimate.seeds, 3U);
  EXPECT_EQ(estimate.clusters, 9U);
  EXPECT_GT(estimate.seed_variance, 0.0);
}

TEST(TwoWayEstimate, OneSeedHasTheQuestionsPartOnly) {
  const ScoreTable table{{{0.0, 1.0, 0.3, 0.6}}, {0, 0, 1, 2}};
  const Estimate estimate = two_way_estimate(table);
  EXPECT_EQ(estimate.seed_variance, 0.0);
  EXPECT_NEAR(estimate.standard_error(), std::sqrt(brute_force_variance(table)), 1e-12);
  EXPECT_NEAR(estimate.degrees_of_freedom(), 2.0, 1e-12);
}

TEST(TwoWayEstimate, SeedsThatAgreeOnEveryQuestionAddNothing) {
  const ScoreTable one{{{0.0, 1.0, 0.5}}, {0, 1, 2}};
  const ScoreTable three{{one.by_seed[0], one.by_seed[0], one.by_seed[0]}, one.cluster};
  EXPECT_DOUBLE_EQ(two_way_estimate(one).standard_error(), two_way_estimate(three).standard_error());
}

TEST(StudentT, QuantilesEqualTheTables) {
  // R 4.2: qt(0.975, c(1, 1.5, 2, 10, 100, 1e5)).
  EXPECT_NEAR(student_t_quantile(0.975, 1.0), 12.7062047, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.975, 2.0), 4.3026527, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 10.0), 2.2281389, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 100.0), 1.9839715, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 1e5), 1.9599877, 1e-6);
}

}  // namespace
}  // namespace imp::results
