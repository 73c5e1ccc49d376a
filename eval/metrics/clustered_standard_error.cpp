// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/clustered_standard_error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/io/error.h"

namespace imp::eval {

double clustered_standard_error(std::span<const double> scores, std::span<const std::size_t> clusters) {
  if (scores.size() != clusters.size())
    throw Error("clustered_standard_error: " + std::to_string(scores.size()) + " scores but " +
                std::to_string(clusters.size()) + " clusters; one cluster a score is needed");
  if (scores.size() < 2) return std::numeric_limits<double>::quiet_NaN();

  const auto n = static_cast<double>(scores.size());
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / n;
  std::vector<double> cluster_sums(*std::max_element(clusters.begin(), clusters.end()) + 1, 0.0);
  double squares = 0.0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double deviation = scores[i] - mean;
    cluster_sums[clusters[i]] += deviation;
    squares += deviation * deviation;
  }
  const double variance = squares / (n - 1) / n;
  const double products = std::accumulate(cluster_sums.begin(), cluster_sums.end(), -squares,
                                          [](double total, double sum) { return total + sum * sum; });
  // Deviations that cancel within every cluster bring the sum to zero, or by rounding a little below.
  return std::sqrt(std::max(0.0, variance + products / (n * n)));
}

std::vector<std::size_t> number_clusters(std::span<const std::string_view> names) {
  std::unordered_map<std::string_view, std::size_t> numbers;
  std::vector<std::size_t> clusters;
  clusters.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    // The questions of a picture mostly stand together.
    const bool repeated = i > 0 && names[i] == names[i - 1];
    clusters.push_back(repeated ? clusters.back()
                                : numbers.try_emplace(names[i], numbers.size()).first->second);
  }
  return clusters;
}

}  // namespace imp::eval
