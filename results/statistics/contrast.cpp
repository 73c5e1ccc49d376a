// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/contrast.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "results/statistics/distributions.h"

namespace imp::results {
namespace {

/// The factor of a variance that was taken over a sample of pictures.
double sample_correction(std::size_t pictures) {
  const auto count = static_cast<double>(pictures);
  return pictures > 1 ? count / (count - 1.0) : std::numeric_limits<double>::quiet_NaN();
}

double squared(double value) {
  return value * value;
}

}  // namespace

std::string_view spread_name(SeedSpread spread) {
  switch (spread) {
    case SeedSpread::none:
      return "questions only";
    case SeedSpread::pooled:
      return "pooled";
    case SeedSpread::own:
      break;
  }
  return "own";
}

double prior_degrees(double rest_degrees, double cells) {
  return 1.0 / (1.0 / rest_degrees + 1.0 / cells);
}

double ContrastEstimate::standard_error() const {
  return std::sqrt(picture_variance + seed_variance);
}

double ContrastEstimate::half_width(double confidence) const {
  const double error = standard_error();
  if (!(error > 0.0)) return error;  // 0, or not a number
  return student_t_quantile(0.5 + confidence / 2.0, degrees_of_freedom) * error;
}

double ContrastEstimate::p() const {
  const double error = standard_error();
  if (!(error > 0.0)) return std::isnan(error) ? error : (difference == 0.0 ? 1.0 : 0.0);
  return student_t_two_sided_p(difference / error, degrees_of_freedom);
}

ContrastEstimator::ContrastEstimator(std::vector<PictureSums> benchmarks)
    : benchmarks_(std::move(benchmarks)),
      cells_(benchmarks_.front().cells()),
      seeds_(benchmarks_.front().seeds()) {
  seed_mean_.assign(cells_ * seeds_, 0.0);
  for (const PictureSums& benchmark : benchmarks_) {
    std::vector<double> means;
    for (std::size_t c = 0; c < cells_; ++c) {
      for (std::size_t s = 0; s < seeds_; ++s) means.push_back(benchmark.mean(c, s));
    }
    for (std::size_t i = 0; i < means.size(); ++i)
      seed_mean_[i] += means[i] / static_cast<double>(benchmarks_.size());
    benchmark_mean_.push_back(std::move(means));
  }
  for (std::size_t c = 0; c < cells_; ++c) {
    const double* first = &seed_mean_[c * seeds_];
    cell_mean_.push_back(std::accumulate(first, first + seeds_, 0.0) / static_cast<double>(seeds_));
  }
  if (seeds_ < 2) return;
  of_differences_ = pooled_squares(true);
  of_cells_ = pooled_squares(false);
}

ContrastEstimator::SeedSquares ContrastEstimator::pooled_squares(bool seeds_in_common) const {
  if (seeds_in_common && cells_ < 2) return {};
  std::vector<double> of_seed(seeds_, 0.0);  // what a seed adds to all cells alike
  if (seeds_in_common) {
    for (std::size_t c = 0; c < cells_; ++c) {
      for (std::size_t s = 0; s < seeds_; ++s)
        of_seed[s] += (mean(c, s) - mean(c)) / static_cast<double>(cells_);
    }
  }
  double squares = 0.0;
  for (std::size_t c = 0; c < cells_; ++c) {
    for (std::size_t s = 0; s < seeds_; ++s) squares += squared(mean(c, s) - mean(c) - of_seed[s]);
  }
  const auto rows = static_cast<double>(seeds_in_common ? cells_ - 1 : cells_);
  const double degrees = rows * static_cast<double>(seeds_ - 1);
  return {squares / degrees, pooled_question_part(seeds_in_common), degrees};
}

double ContrastEstimator::pooled_question_part(bool seeds_in_common) const {
  const auto rows = static_cast<double>(seeds_in_common ? cells_ - 1 : cells_);
  const double degrees = rows * static_cast<double>(seeds_ - 1);
  double part = 0.0;
  std::vector<double> residual(cells_ * seeds_);
  for (std::size_t b = 0; b < benchmarks_.size(); ++b) {
    const PictureSums& benchmark = benchmarks_[b];
    double squares = 0.0;
    for (std::size_t p = 0; p < benchmark.pictures(); ++p) {
      // Each seed's residual on the picture, its own mean taken out, then the cell's and, for differences,
      // the seed's.
      for (std::size_t i = 0; i < residual.size(); ++i)
        residual[i] =
            benchmark.at(i / seeds_, i % seeds_, p) - benchmark.questions(p) * benchmark_mean_[b][i];
      for (std::size_t c = 0; c < cells_; ++c) {
        double* of_cell = &residual[c * seeds_];
        const double middle = std::accumulate(of_cell, of_cell + seeds_, 0.0) / static_cast<double>(seeds_);
        for (std::size_t s = 0; s < seeds_; ++s) of_cell[s] -= middle;
      }
      for (std::size_t s = 0; seeds_in_common && s < seeds_; ++s) {
        double middle = 0.0;
        for (std::size_t c = 0; c < cells_; ++c)
          middle += residual[c * seeds_ + s] / static_cast<double>(cells_);
        for (std::size_t c = 0; c < cells_; ++c) residual[c * seeds_ + s] -= middle;
      }
      squares += std::inner_product(residual.begin(), residual.end(), residual.begin(), 0.0);
    }
    part += squares * sample_correction(benchmark.pictures()) / squared(benchmark.total_questions());
  }
  return part / degrees / squared(static_cast<double>(benchmarks_.size()));
}

double ContrastEstimator::own_mean_square(std::span<const double> weights) const {
  double mean_of_all = 0.0, squares = 0.0, weight_squares = 0.0;
  std::vector<double> of_seed(seeds_, 0.0);
  for (std::size_t c = 0; c < cells_; ++c) {
    weight_squares += squared(weights[c]);
    for (std::size_t s = 0; s < seeds_; ++s) of_seed[s] += weights[c] * mean(c, s);
  }
  for (const double value : of_seed) mean_of_all += value / static_cast<double>(seeds_);
  for (const double value : of_seed) squares += squared(value - mean_of_all);
  return squares / static_cast<double>(seeds_ - 1) / weight_squares;
}

void ContrastEstimator::add_picture_variance(std::span<const double> weights, ContrastEstimate& estimate,
                                             double& over_degrees) const {
  for (std::size_t b = 0; b < benchmarks_.size(); ++b) {
    const PictureSums& benchmark = benchmarks_[b];
    double difference = 0.0, squares = 0.0;
    for (std::size_t c = 0; c < cells_; ++c) {
      for (std::size_t s = 0; s < seeds_; ++s)
        difference += weights[c] * benchmark_mean_[b][c * seeds_ + s] / static_cast<double>(seeds_);
    }
    std::vector<double> deviation(benchmark.pictures());
    for (std::size_t p = 0; p < deviation.size(); ++p) deviation[p] = -benchmark.questions(p) * difference;
    for (std::size_t c = 0; c < cells_; ++c) {
      if (weights[c] == 0.0) continue;
      const double weight = weights[c] / static_cast<double>(seeds_);
      for (std::size_t s = 0; s < seeds_; ++s) {
        for (std::size_t p = 0; p < deviation.size(); ++p) deviation[p] += weight * benchmark.at(c, s, p);
      }
    }
    for (const double value : deviation) squares += squared(value);
    const double variance = squares * sample_correction(benchmark.pictures()) /
                            squared(benchmark.total_questions() * static_cast<double>(benchmarks_.size()));
    estimate.picture_variance += variance;
    over_degrees += squared(variance) / (static_cast<double>(benchmark.pictures()) - 1.0);
  }
}

ContrastEstimator::SeedSquares ContrastEstimator::moderated(const SeedSquares& pooled,
                                                            std::span<const double> weights,
                                                            SeedSpread& spread) const {
  constexpr double kConfidence = 0.95, kSomeDegrees = 0.5;
  const auto own_degrees = static_cast<double>(seeds_ - 1);
  const double rest_degrees = pooled.degrees - own_degrees;
  if (rest_degrees < kSomeDegrees) return pooled;  // there are no other cells
  const double own = own_mean_square(weights);
  if (own > pooled.mean_square * fisher_f_quantile(kConfidence, own_degrees, pooled.degrees))
    spread = SeedSpread::own;
  const double rest = std::max(0.0, pooled.degrees * pooled.mean_square - own_degrees * own) / rest_degrees;
  double squares = 0.0, fourths = 0.0;
  for (const double weight : weights) {
    squares += squared(weight);
    fourths += squared(squared(weight));
  }
  const double prior = prior_degrees(rest_degrees, squared(squares) / fourths);
  return {(prior * rest + own_degrees * own) / (prior + own_degrees), pooled.question_part,
          prior + own_degrees};
}

void ContrastEstimator::add_seed_variance(std::span<const double> weights, ContrastEstimate& estimate,
                                          double& over_degrees) const {
  constexpr double kTolerance = 1e-9;
  const double weight_sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const double weight_squares = std::inner_product(weights.begin(), weights.end(), weights.begin(), 0.0);
  estimate.spread = SeedSpread::pooled;
  const SeedSquares squares =
      moderated(std::abs(weight_sum) < kTolerance ? of_differences_ : of_cells_, weights, estimate.spread);
  const double scale = weight_squares / static_cast<double>(seeds_);
  estimate.picture_variance -= scale * squares.question_part;
  if (estimate.picture_variance < 0.0) estimate.picture_variance = 0.0;  // not a number stays one
  estimate.seed_variance = scale * squares.mean_square;
  // How well V is known is judged by what MS is at least: by chance it may lie below what questions explain.
  const double at_least = scale * std::max(squares.mean_square, squares.question_part);
  over_degrees += squared(at_least) / squares.degrees;
  estimate.degrees_of_freedom = squared(estimate.picture_variance + at_least) / over_degrees;
}

ContrastEstimate ContrastEstimator::estimate(std::span<const double> weights) const {
  ContrastEstimate estimate;
  double over_degrees = 0.0;  // the denominator of Satterthwaite's quotient
  for (std::size_t c = 0; c < cells_; ++c) estimate.difference += weights[c] * mean(c);
  add_picture_variance(weights, estimate, over_degrees);
  if (seeds_ > 1) {
    add_seed_variance(weights, estimate, over_degrees);
  } else {
    estimate.degrees_of_freedom = squared(estimate.picture_variance) / over_degrees;
  }
  if (!(over_degrees > 0.0)) estimate.degrees_of_freedom = 1.0;  // nothing varied at all
  estimate.degrees_of_freedom = std::max(1.0, estimate.degrees_of_freedom);
  return estimate;
}

double ContrastEstimator::cell_by_seed_variance() const {
  return std::max(0.0, of_differences_.mean_square - of_differences_.question_part);
}

double ContrastEstimator::seed_variance() const {
  return std::max(0.0, of_cells_.mean_square - of_cells_.question_part);
}

}  // namespace imp::results
