// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/contrast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/results/statistics/simulated_sweep.h"

namespace imp::results {
namespace {

using Scores = std::vector<std::vector<std::vector<double>>>;  // [cells][seeds][questions]

PictureSums sums_of(const Scores& scores, const std::vector<std::size_t>& picture) {
  std::vector<double> counts;
  for (const std::size_t p : picture) {
    if (p >= counts.size()) counts.resize(p + 1, 0.0);
    counts[p] += 1.0;
  }
  PictureSums sums(scores.size(), scores.front().size(), counts);
  for (std::size_t c = 0; c < scores.size(); ++c) {
    for (std::size_t s = 0; s < scores[c].size(); ++s) {
      for (std::size_t q = 0; q < picture.size(); ++q) sums.at(c, s, picture[q]) += scores[c][s][q];
    }
  }
  return sums;
}

/// A sweep of tests/data/statistics/lme4_oracle.R, whose questions run fastest, then seeds, then cells.
PictureSums sums_of_case(const nlohmann::json& sweep) {
  const std::size_t cells = sweep["cells"], seeds = sweep["seeds"], pictures = sweep["pictures"];
  const std::size_t k = sweep["questions_a_picture"];
  PictureSums sums(cells, seeds, std::vector<double>(pictures, static_cast<double>(k)));
  std::size_t row = 0;
  for (std::size_t c = 0; c < cells; ++c) {
    for (std::size_t s = 0; s < seeds; ++s) {
      for (std::size_t q = 0; q < pictures * k; ++q)
        sums.at(c, s, q / k) += sweep["scores"][row++].get<double>();
    }
  }
  return sums;
}

TEST(Contrast, BalancedSweepsHaveTheMixedModelsStandardError) {
  std::ifstream file(IMP_TEST_DATA "/statistics/lme4_oracle.json");
  const auto cases = nlohmann::json::parse(file);
  ASSERT_EQ(cases.size(), 4U);
  for (const auto& sweep : cases) {
    const ContrastEstimator estimator({sums_of_case(sweep)});
    // The mixed model pools the spread of pictures over all pairs of cells, a contrast has its own.
    const std::size_t cells = estimator.cells();
    double picture_variance = 0.0, pairs = 0.0;
    for (std::size_t a = 0; a < cells; ++a) {
      for (std::size_t b = a + 1; b < cells; ++b) {
        std::vector<double> weights(cells, 0.0);
        weights[a] = -1.0;
        weights[b] = 1.0;
        picture_variance += estimator.estimate(weights).picture_variance;
        pairs += 1.0;
      }
    }
    ASSERT_GT(estimator.cell_by_seed_variance(), 0.0);
    const double seed_variance = 2.0 / static_cast<double>(estimator.seeds()) *
                                 (estimator.cell_by_seed_variance() + estimator.question_part());
    const double error = std::sqrt(picture_variance / pairs + seed_variance);
    const double difference = estimator.mean(1) - estimator.mean(0);
    EXPECT_NEAR(difference, sweep["difference"].get<double>(), 1e-9);
    EXPECT_NEAR(error / sweep["standard_error"].get<double>(), 1.0, 1e-6) << sweep["cells"] << " cells";
    EXPECT_NEAR(difference / error / sweep["t"].get<double>(), 1.0, 1e-6);
  }
}

TEST(Contrast, OneSeedIsMillersClusteredIntervalOfThePairedDifference) {
  // Miller 2411.00640: the clustered standard error of the mean of the questions' differences, here with P /
  // (P - 1).
  const Scores scores{{{1, 0, 1, 1, 0, 1}}, {{0, 0, 1, 0, 1, 1}}};
  const std::vector<std::size_t> picture{0, 0, 1, 1, 2, 3};
  const ContrastEstimate estimate =
      ContrastEstimator({sums_of(scores, picture)}).estimate(std::vector{1.0, -1.0});
  // Differences 1 0 | 0 1 | -1 | 0, mean 1/6; sums of deviations by picture 2/3, 2/3, -7/6, -1/6.
  EXPECT_NEAR(estimate.difference, 1.0 / 6.0, 1e-12);
  EXPECT_NEAR(estimate.picture_variance, (4.0 / 9 + 4.0 / 9 + 49.0 / 36 + 1.0 / 36) / 36.0 * 4.0 / 3.0,
              1e-12);
  EXPECT_EQ(estimate.seed_variance, 0.0);
  EXPECT_NEAR(estimate.degrees_of_freedom, 3.0, 1e-12);
  EXPECT_EQ(estimate.spread, SeedSpread::none);
}

TEST(Contrast, SeedsThatAgreeOnEveryQuestionAddNothing) {
  const std::vector<double> a{0.0, 1.0, 0.5, 1.0}, b{0.3, 0.2, 0.5, 0.0};
  const std::vector<std::size_t> picture{0, 1, 1, 2};
  const std::vector<double> weights{1.0, -1.0};
  const auto one = ContrastEstimator({sums_of({{a}, {b}}, picture)}).estimate(weights);
  const auto three = ContrastEstimator({sums_of({{a, a, a}, {b, b, b}}, picture)}).estimate(weights);
  EXPECT_NEAR(one.standard_error(), three.standard_error(), 1e-12);
  EXPECT_NEAR(one.degrees_of_freedom, three.degrees_of_freedom, 1e-9);
}

TEST(Contrast, WhatASeedDoesToAllCellsAlikeCancelsInADifferenceAndStaysInAMean) {
  Scores scores;
  const std::vector<std::size_t> picture{0, 1, 2, 3, 4, 5};
  for (std::size_t c = 0; c < 3; ++c) {
    scores.emplace_back();
    for (std::size_t s = 0; s < 3; ++s) {
      scores[c].emplace_back();
      for (std::size_t q = 0; q < 6; ++q)
        scores[c][s].push_back(static_cast<double>((q * 5 + c * c * 3 * q) % 7) / 10.0 +
                               0.1 * static_cast<double>(s));
    }
  }
  const ContrastEstimator estimator({sums_of(scores, picture)});
  EXPECT_NEAR(estimator.estimate(std::vector{1.0, -1.0, 0.0}).seed_variance, 0.0, 1e-12);
  EXPECT_NEAR(estimator.estimate(std::vector{1.0, 0.0, 0.0}).seed_variance, 0.01 / 3.0, 1e-12);
}

TEST(Contrast, ACellWhoseSeedsSpreadMoreHasAnIntervalOfItsOwn) {
  SimulationRandom random(3);
  const SweepModel model{.cells = 12, .seeds = 5, .pictures = 300, .seed_deviation = 0.02};
  PictureSums sums = simulate_sweep(model, random);
  for (std::size_t s = 0; s < 5; ++s) {
    for (std::size_t p = 0; p < 300; ++p) sums.at(0, s, p) += 0.3 * (static_cast<double>(s) - 2.0);
  }
  const ContrastEstimator estimator({std::move(sums)});
  std::vector<double> with(12, 0.0), without(12, 0.0);
  with[0] = without[1] = 1.0;
  with[2] = without[2] = -1.0;
  EXPECT_EQ(estimator.estimate(with).spread, SeedSpread::own);
  EXPECT_EQ(estimator.estimate(without).spread, SeedSpread::pooled);
  EXPECT_GT(estimator.estimate(with).standard_error(), 2.0 * estimator.estimate(without).standard_error());
}

/// Cells x seeds whose runs answer every question alike, so that nothing but their means varies.
PictureSums sums_of_means(const std::vector<std::vector<double>>& means) {
  Scores scores;
  for (const std::vector<double>& cell : means) {
    scores.emplace_back();
    for (const double mean : cell) scores.back().emplace_back(4, mean);
  }
  return sums_of(scores, {0, 1, 2, 3});
}

// By hand: the squares of a two-way table of means.
TEST(Contrast, RestsOnItsOwnCellsSpreadAndOnTheOthersAsAPrior) {
  const ContrastEstimator estimator({sums_of_means({{0.5, 0.9}, {0.7, 0.5}, {0.6, 0.6}, {0.5, 0.5}})});
  // All cells: squares 0.1 - 0.005 with 3 degrees. The first two differ by -0.2 and 0.4: variance 0.18, half
  // of it a cell's, 1 degree. The rest has 0.005 with 2 degrees, worth 1 / (1/2 + 1/2) = 1 as a prior of a
  // pair.
  const auto wide = estimator.estimate(std::vector{1.0, -1.0, 0.0, 0.0});
  EXPECT_NEAR(wide.seed_variance, (0.09 + 0.0025) / 2.0, 1e-12);
  EXPECT_NEAR(wide.degrees_of_freedom, 2.0, 1e-9);
  EXPECT_EQ(wide.spread, SeedSpread::pooled);
  // The last two do not spread.
  const auto narrow = estimator.estimate(std::vector{0.0, 0.0, 1.0, -1.0});
  EXPECT_NEAR(narrow.seed_variance, (0.0 + 0.095 / 2.0) / 2.0, 1e-12);
}

TEST(Contrast, WhereSpreadsAreAlikeHasTheMixedModelsVariance) {
  // A Latin square: the differences of any two cells spread as all do.
  const ContrastEstimator estimator({sums_of_means({{0.5, 0.7, 0.6}, {0.7, 0.6, 0.5}, {0.6, 0.5, 0.7}})});
  const double mean_square = estimator.cell_by_seed_variance();
  EXPECT_NEAR(mean_square, 3.0 * 0.02 / 4.0, 1e-12);
  for (const auto& weights : {std::vector{1.0, -1.0, 0.0}, {1.0, 0.0, -1.0}, {0.5, 0.5, -1.0}}) {
    const double of_weights = weights[0] * weights[0] + weights[1] * weights[1] + weights[2] * weights[2];
    EXPECT_NEAR(estimator.estimate(weights).seed_variance, of_weights / 3.0 * mean_square, 1e-12);
  }
}

TEST(Contrast, TwoCellsHaveNoOthersToBeLike) {
  const auto estimate =
      ContrastEstimator({sums_of_means({{0.5, 0.9, 0.6}, {0.7, 0.5, 0.6}})}).estimate(std::vector{1.0, -1.0});
  EXPECT_NEAR(estimate.degrees_of_freedom, 2.0, 1e-12);
}

// The spread of runs that answer by chance is what questions explain (R): with it taken out of the pictures'
// part, the variance is right on average, though it may lie below that of the pictures alone.
TEST(Contrast, TheVarianceIsRightOnAverageWhereSeedsDoNotMatter) {
  SimulationRandom random(17);
  const SweepModel model{.cells = 2, .seeds = 3, .pictures = 60, .seed_deviation = 0.0};
  constexpr int kSweeps = 2000;
  double squares = 0.0, variance = 0.0;
  for (int i = 0; i < kSweeps; ++i) {
    const auto estimate = ContrastEstimator({simulate_sweep(model, random)}).estimate(std::vector{1.0, -1.0});
    squares += estimate.difference * estimate.difference / kSweeps;
    variance += (estimate.picture_variance + estimate.seed_variance) / kSweeps;
  }
  EXPECT_NEAR(variance / squares, 1.0, 0.1);
}

TEST(Contrast, TheMeanOfTwoEqualBenchmarksKnowsThatItsPicturesAreOthers) {
  SimulationRandom random(5);
  const PictureSums sums = simulate_sweep({.cells = 2, .seeds = 1}, random);
  const std::vector<double> weights{1.0, -1.0};
  const auto one = ContrastEstimator({sums}).estimate(weights);
  const auto both = ContrastEstimator({sums, sums}).estimate(weights);
  EXPECT_NEAR(both.difference, one.difference, 1e-12);
  EXPECT_NEAR(both.picture_variance, one.picture_variance / 2.0, 1e-15);
  EXPECT_NEAR(both.degrees_of_freedom, 2.0 * one.degrees_of_freedom, 1e-6);
}

TEST(Contrast, OnePictureHasNoInterval) {
  const auto estimate =
      ContrastEstimator({sums_of({{{1, 0}}, {{0, 0}}}, {0, 0})}).estimate(std::vector{1.0, -1.0});
  EXPECT_EQ(estimate.difference, 0.5);
  EXPECT_TRUE(std::isnan(estimate.half_width()));
  EXPECT_TRUE(std::isnan(estimate.p()));
}

TEST(Contrast, OnePictureHasNoIntervalWhateverTheSeeds) {
  const Scores scores{{{1, 0}, {1, 1}}, {{0, 0}, {1, 0}}, {{0, 1}, {0, 0}}};
  const auto estimate = ContrastEstimator({sums_of(scores, {0, 0})}).estimate(std::vector{1.0, -1.0, 0.0});
  EXPECT_EQ(estimate.difference, 0.5);
  EXPECT_TRUE(std::isnan(estimate.half_width()));
}

TEST(Contrast, CellsThatAnswerAlikeDifferByNothingForSure) {
  const auto estimate =
      ContrastEstimator({sums_of({{{1, 0, 1}}, {{1, 0, 1}}}, {0, 1, 2})}).estimate(std::vector{1.0, -1.0});
  EXPECT_EQ(estimate.difference, 0.0);
  EXPECT_EQ(estimate.half_width(), 0.0);
  EXPECT_EQ(estimate.p(), 1.0);
}

// Swapping the labels of two cells picture by picture is what a true difference of 0 allows: p of a
// permutation test.
TEST(Contrast, WithOneSeedPAgreesWithAPermutationOfTheLabelsWithinPictures) {
  SimulationRandom random(11);
  const SweepModel model{.cells = 2, .seeds = 1, .pictures = 120, .seed_deviation = 0.0, .effect = 0.35};
  for (int sweep = 0; sweep < 4; ++sweep) {
    const PictureSums sums = simulate_sweep(model, random);
    const auto estimate = ContrastEstimator({sums}).estimate(std::vector{1.0, -1.0});
    std::vector<double> differences;
    double observed = 0.0;
    for (std::size_t p = 0; p < sums.pictures(); ++p) {
      differences.push_back(sums.at(0, 0, p) - sums.at(1, 0, p));
      observed += differences.back();
    }
    constexpr int kDraws = 20000;
    int as_large = 0;
    for (int i = 0; i < kDraws; ++i) {
      double sum = 0.0;
      for (const double value : differences) sum += random.bits() % 2 == 0 ? value : -value;
      if (std::abs(sum) >= std::abs(observed) - 1e-9) ++as_large;
    }
    EXPECT_NEAR(estimate.p(), static_cast<double>(as_large) / kDraws, 0.03);
  }
}

}  // namespace
}  // namespace imp::results
