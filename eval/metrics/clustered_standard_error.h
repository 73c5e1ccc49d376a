// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace imp::eval {

/// Standard error of the mean of `scores` whose items of one cluster (the questions of one image) are not
/// independent: SE^2 = s^2/n + (1/n^2) * sum over clusters of sum_{i != j} of the products of deviations.
/// `clusters` holds a cluster number a score (number_clusters). NaN for fewer than two scores. Source: arXiv
/// 2411.00640, equation 4; lmms-eval 0.7.3, clustered_stderr. Throws imp::Error if the two spans differ in
/// length.
[[nodiscard]] double clustered_standard_error(std::span<const double> scores,
                                              std::span<const std::size_t> clusters);

/// The clusters' numbers, counted from 0 in the order in which their names appear.
[[nodiscard]] std::vector<std::size_t> number_clusters(std::span<const std::string_view> names);

}  // namespace imp::eval
