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

constexpr double kSomeDegrees = 0.5;  ///< fewer are none

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
      cells_(table().cells()),
      seeds_(table().seeds()),
      effects_(cells_, seeds_, table().present()) {
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
    double sum = 0.0, count = 0.0;
    for (std::size_t s = 0; s < seeds_; ++s) {
      if (!table().has(c, s)) continue;
      sum += mean(c, s);
      count += 1.0;
    }
    cell_mean_.push_back(sum / count);
  }
  of_differences_ = pooled_squares(true);
  of_cells_ = pooled_squares(false);
}

void ContrastEstimator::remove_effects(std::vector<double>& runs, bool seeds_in_common) const {
  seeds_in_common ? effects_.remove(runs) : effects_.remove_cells(runs);
}

ContrastEstimator::SeedSquares ContrastEstimator::pooled_squares(bool seeds_in_common) const {
  const double degrees = seeds_in_common ? effects_.degrees() : effects_.degrees_of_cells();
  if (degrees < kSomeDegrees) return {};
  std::vector<double> residual = seed_mean_;
  remove_effects(residual, seeds_in_common);
  const double squares = std::inner_product(residual.begin(), residual.end(), residual.begin(), 0.0);
  return {squares / degrees, pooled_question_part(seeds_in_common) / degrees, degrees};
}

double ContrastEstimator::pooled_question_part(bool seeds_in_common) const {
  double part = 0.0;
  std::vector<double> residual(cells_ * seeds_);
  for (std::size_t b = 0; b < benchmarks_.size(); ++b) {
    const PictureSums& benchmark = benchmarks_[b];
    double squares = 0.0;
    for (std::size_t p = 0; p < benchmark.pictures(); ++p) {
      // Each run's residual on the picture, its own mean taken out, then the cell's and, for differences, the
      // seed's.
      for (std::size_t i = 0; i < residual.size(); ++i)
        residual[i] =
            benchmark.at(i / seeds_, i % seeds_, p) - benchmark.questions(p) * benchmark_mean_[b][i];
      remove_effects(residual, seeds_in_common);
      squares += std::inner_product(residual.begin(), residual.end(), residual.begin(), 0.0);
    }
    part += squares * sample_correction(benchmark.pictures()) / squared(benchmark.total_questions());
  }
  return part / squared(static_cast<double>(benchmarks_.size()));
}

ContrastEstimator::OwnSquares ContrastEstimator::own_squares(std::span<const double> weights,
                                                             const ContrastRuns& runs) const {
  OwnSquares own;
  double variance = 0.0, over_degrees = 0.0, scale = 0.0;
  for (const ContrastRuns::Stratum& stratum : runs.strata()) {
    if (stratum.seeds.size() < 2) continue;
    const auto count = static_cast<double>(stratum.seeds.size());
    std::vector<double> of_seed(stratum.seeds.size(), 0.0);
    for (const std::size_t c : stratum.cells) {
      scale += runs.squares(c);
      for (std::size_t i = 0; i < of_seed.size(); ++i) of_seed[i] += weights[c] * mean(c, stratum.seeds[i]);
    }
    const double middle = std::accumulate(of_seed.begin(), of_seed.end(), 0.0) / count;
    double squares = 0.0;
    for (const double value : of_seed) squares += squared(value - middle);
    const double of_stratum = squares / (count - 1.0) / count;
    variance += of_stratum;
    over_degrees += squared(of_stratum) / (count - 1.0);
    own.used += count - 1.0;
  }
  if (own.used == 0.0) return own;
  own.mean_square = variance / scale;
  own.degrees = over_degrees > 0.0 ? squared(variance) / over_degrees : own.used;
  return own;
}

ContrastEstimator::SeedSquares ContrastEstimator::moderated(const SeedSquares& pooled,
                                                            std::span<const double> weights,
                                                            const ContrastRuns& runs,
                                                            SeedSpread& spread) const {
  constexpr double kConfidence = 0.95;
  const OwnSquares own = own_squares(weights, runs);
  const double rest_degrees = pooled.degrees - own.used;
  if (rest_degrees < kSomeDegrees) return pooled;  // there are no other cells
  const bool beyond_chance =
      own.degrees > 0.0 &&
      own.mean_square > pooled.mean_square * fisher_f_quantile(kConfidence, own.degrees, pooled.degrees);
  if (beyond_chance) spread = SeedSpread::own;
  const double rest =
      std::max(0.0, pooled.degrees * pooled.mean_square - own.used * own.mean_square) / rest_degrees;
  const double prior = prior_degrees(rest_degrees, runs.cells_averaged());
  return {(prior * rest + own.degrees * own.mean_square) / (prior + own.degrees), pooled.question_part,
          prior + own.degrees};
}

void ContrastEstimator::add_picture_variance(const ContrastRuns& runs, ContrastEstimate& estimate,
                                             double& over_degrees) const {
  for (std::size_t b = 0; b < benchmarks_.size(); ++b) {
    const PictureSums& benchmark = benchmarks_[b];
    std::vector<double> deviation(benchmark.pictures(), 0.0);
    double difference = 0.0, squares = 0.0;
    for (std::size_t c = 0; c < cells_; ++c) {
      for (std::size_t s = 0; s < seeds_; ++s) {
        const double weight = runs.at(c, s);
        if (weight == 0.0) continue;
        difference += weight * benchmark_mean_[b][c * seeds_ + s];
        for (std::size_t p = 0; p < deviation.size(); ++p) deviation[p] += weight * benchmark.at(c, s, p);
      }
    }
    for (std::size_t p = 0; p < deviation.size(); ++p)
      squares += squared(deviation[p] - benchmark.questions(p) * difference);
    const double variance = squares * sample_correction(benchmark.pictures()) /
                            squared(benchmark.total_questions() * static_cast<double>(benchmarks_.size()));
    estimate.difference += difference / static_cast<double>(benchmarks_.size());
    estimate.picture_variance += variance;
    over_degrees += squared(variance) / (static_cast<double>(benchmark.pictures()) - 1.0);
  }
}

void ContrastEstimator::add_seed_variance(const SeedSquares& pooled, std::span<const double> weights,
                                          const ContrastRuns& runs, ContrastEstimate& estimate,
                                          double& over_degrees) const {
  estimate.spread = SeedSpread::pooled;
  const SeedSquares squares = moderated(pooled, weights, runs, estimate.spread);
  const double scale = runs.squares();
  estimate.picture_variance -= scale * squares.question_part;
  if (estimate.picture_variance < 0.0) estimate.picture_variance = 0.0;  // not a number stays one
  estimate.seed_variance = scale * squares.mean_square;
  // How well V is known is judged by what MS is at least: by chance it may lie below what questions explain.
  const double at_least = scale * std::max(squares.mean_square, squares.question_part);
  over_degrees += squared(at_least) / squares.degrees;
  estimate.degrees_of_freedom = squared(estimate.picture_variance + at_least) / over_degrees;
}

ContrastEstimate ContrastEstimator::estimate(std::span<const double> weights,
                                             std::span<const std::size_t> groups) const {
  constexpr double kTolerance = 1e-9;
  ContrastEstimate estimate;
  const ContrastRuns runs(table(), weights, groups);
  double over_degrees = 0.0;  // the denominator of Satterthwaite's quotient
  add_picture_variance(runs, estimate, over_degrees);
  const double weight_sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const SeedSquares& pooled = std::abs(weight_sum) < kTolerance ? of_differences_ : of_cells_;
  if (pooled.degrees > 0.0) {
    add_seed_variance(pooled, weights, runs, estimate, over_degrees);
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
