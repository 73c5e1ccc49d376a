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

double clustered_standard_error(std::span<const double> scores, std::span<const std::string_view> clusters) {
  if (scores.size() != clusters.size())
    throw Error("clustered_standard_error: " + std::to_string(scores.size()) + " scores but " +
                std::to_string(clusters.size()) + " clusters; one cluster a score is needed");
  if (scores.size() < 2) return std::numeric_limits<double>::quiet_NaN();

  const auto n = static_cast<double>(scores.size());
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / n;
  // Sums are kept in the order in which clusters appear, so that the result does not depend on the hash
  // function.
  std::unordered_map<std::string_view, std::size_t> numbers;
  std::vector<double> cluster_sums;
  double squares = 0.0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double deviation = scores[i] - mean;
    const std::size_t number = numbers.try_emplace(clusters[i], numbers.size()).first->second;
    if (number == cluster_sums.size()) cluster_sums.push_back(0.0);
    cluster_sums[number] += deviation;
    squares += deviation * deviation;
  }
  const double variance = squares / (n - 1) / n;
  const double products = std::accumulate(cluster_sums.begin(), cluster_sums.end(), -squares,
                                          [](double total, double sum) { return total + sum * sum; });
  // Deviations that cancel within every cluster bring the sum to zero, or by rounding a little below.
  return std::sqrt(std::max(0.0, variance + products / (n * n)));
}

}  // namespace imp::eval
