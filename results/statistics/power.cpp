// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/power.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "results/statistics/distributions.h"

namespace imp::results {
namespace {

constexpr double kAlpha = 0.05;

/// Of the spread of seeds, as the estimator counts them.
double degrees_of_seeds(const Design& design) {
  const auto own = static_cast<double>(design.seeds - 1);
  if (design.cells < 3) return own;
  return prior_degrees(static_cast<double>(design.cells - 2) * own,
                       2.0 * static_cast<double>(design.groups)) +
         own;
}

}  // namespace

NoiseModel noise_model(const ContrastEstimator& estimator, std::size_t pictures) {
  const auto count = static_cast<double>(pictures);
  double variance = 0.0, pairs = 0.0;
  std::vector<double> weights(estimator.cells(), 0.0);
  for (std::size_t a = 0; a < weights.size(); ++a) {
    for (std::size_t b = a + 1; b < weights.size(); ++b) {
      weights[a] = -1.0;
      weights[b] = 1.0;
      if (ContrastRuns(estimator.table(), weights, {}).is_comparable()) {
        variance += estimator.estimate(weights).picture_variance;
        pairs += 1.0;
      }
      weights[a] = weights[b] = 0.0;
    }
  }
  NoiseModel noise;
  noise.question_variance = estimator.question_part() * count;
  noise.cell_seed_variance = estimator.cell_by_seed_variance();
  noise.picture_variance = variance / pairs * count;
  return noise;
}

Foresight::Foresight(const NoiseModel& noise, const Design& design) {
  const auto seeds = static_cast<double>(design.seeds), pictures = static_cast<double>(design.pictures);
  const auto groups = static_cast<double>(design.groups);
  const double picture_part =
      (noise.picture_variance + 2.0 * noise.question_variance / seeds) / pictures / groups;
  const double seed_part = 2.0 * noise.cell_seed_variance / seeds / groups;
  const double mean_square =
      2.0 * (noise.cell_seed_variance + noise.question_variance / pictures) / seeds / groups;
  const double total = picture_part + seed_part;
  standard_error_ = std::sqrt(total);
  double over_degrees = picture_part * picture_part / std::max(1.0, pictures - 1.0);
  if (design.seeds > 1 && design.cells > 1) {
    over_degrees += mean_square * mean_square / degrees_of_seeds(design);
  }
  if (over_degrees > 0.0) degrees_of_freedom_ = std::max(1.0, total * total / over_degrees);
}

double Foresight::half_width() const {
  return standard_error_ * student_t_quantile(1.0 - kAlpha / 2.0, degrees_of_freedom_);
}

double Foresight::smallest_effect(double power) const {
  // The quantiles' sum is a little off for few degrees of freedom; between 0 and twice it the chance only
  // grows.
  double low = 0.0;
  double high = 2.0 * (student_t_quantile(1.0 - kAlpha / 2.0, degrees_of_freedom_) +
                       student_t_quantile(power, degrees_of_freedom_));
  constexpr int kSteps = 50;
  for (int i = 0; i < kSteps; ++i) {
    const double middle = 0.5 * (low + high);
    (student_t_power(middle, degrees_of_freedom_, kAlpha) < power ? low : high) = middle;
  }
  return 0.5 * (low + high) * standard_error_;
}

std::optional<std::size_t> seeds_needed(const NoiseModel& noise, Design design, double effect, double power) {
  const auto sees = [&](std::size_t seeds) {
    design.seeds = seeds;
    return Foresight(noise, design).smallest_effect(power) <= std::abs(effect);
  };
  constexpr std::size_t kFewest = 2;
  if (!sees(kMostSeeds)) return std::nullopt;
  std::size_t low = kFewest - 1, high = kMostSeeds;  // low does not see it, high does
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (sees(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace imp::results
