// SPDX-License-Identifier: Apache-2.0
#include "results/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace imp::results {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::size_t count_clusters(std::span<const std::size_t> cluster) {
  return cluster.empty() ? 0 : *std::max_element(cluster.begin(), cluster.end()) + 1;
}

/// P(0 <= T <= t): with t = sqrt(degrees) tan(angle) the density is a power of a cosine, smooth enough for
/// Simpson.
double student_t_mass(double t, double degrees) {
  constexpr int kPanels = 200;
  const double top = std::atan(t / std::sqrt(degrees));
  const double step = top / kPanels;
  double sum = 0.0;
  for (int i = 0; i <= kPanels; ++i) {
    const double weight = i == 0 || i == kPanels ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
    sum += weight * std::pow(std::cos(i * step), degrees - 1.0);
  }
  const double log_scale = std::lgamma((degrees + 1.0) / 2.0) - std::lgamma(degrees / 2.0);
  return std::exp(log_scale) / std::sqrt(std::numbers::pi) * sum * step / 3.0;
}

}  // namespace

double Estimate::standard_error() const {
  return std::sqrt(question_variance + seed_variance);
}

double Estimate::degrees_of_freedom() const {
  const double total = question_variance + seed_variance;
  if (!(total > 0.0)) return std::max(1.0, static_cast<double>(clusters) - 1.0);
  double denominator = 0.0;
  if (clusters > 1) denominator += question_variance * question_variance / static_cast<double>(clusters - 1);
  if (seeds > 1) denominator += seed_variance * seed_variance / static_cast<double>(seeds - 1);
  return denominator > 0.0 ? std::max(1.0, total * total / denominator) : 1.0;
}

double Estimate::half_width_95() const {
  return student_t_quantile(0.975, degrees_of_freedom()) * standard_error();
}

double clustered_variance(std::span<const double> values, std::span<const std::size_t> cluster) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double mean = mean_of(values);
  const auto n = static_cast<double>(values.size());
  std::vector<double> cluster_sum(count_clusters(cluster), 0.0);
  double squares = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double deviation = values[i] - mean;
    squares += deviation * deviation;
    cluster_sum[cluster[i]] += deviation;
  }
  // s^2/n + (sum of cluster_sum^2 - squares)/n^2; the two terms in `squares` are joined so that none is
  // negative.
  const double within = std::inner_product(cluster_sum.begin(), cluster_sum.end(), cluster_sum.begin(), 0.0);
  return squares / (n * n * (n - 1.0)) + within / (n * n);
}

Estimate two_way_estimate(const ScoreTable& scores) {
  const std::size_t seeds = scores.by_seed.size();
  const std::size_t questions = scores.cluster.size();
  std::vector<double> question_mean(questions, 0.0);
  std::vector<double> seed_mean;
  for (const std::vector<double>& row : scores.by_seed) {
    for (std::size_t q = 0; q < questions; ++q) question_mean[q] += row[q] / static_cast<double>(seeds);
    seed_mean.push_back(mean_of(row));
  }
  Estimate estimate{.mean = mean_of(seed_mean),
                    .question_variance = clustered_variance(question_mean, scores.cluster),
                    .questions = questions,
                    .clusters = count_clusters(scores.cluster),
                    .seeds = seeds};
  if (seeds > 1) {
    double squares = 0.0;
    for (const double value : seed_mean) squares += (value - estimate.mean) * (value - estimate.mean);
    estimate.seed_variance = squares / static_cast<double>(seeds - 1) / static_cast<double>(seeds);
  }
  return estimate;
}

double student_t_quantile(double probability, double degrees) {
  double low = 0.0;
  double high = std::tan(std::numbers::pi * (probability - 0.5));  // of one degree of freedom, the widest
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (student_t_mass(middle, degrees) < probability - 0.5 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace imp::results
