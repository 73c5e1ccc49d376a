// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/looks.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <numbers>
#include <vector>

namespace imp::results {
namespace {

namespace math = boost::math;

/// A sum of as many standard normal increments as there were looks, and how likely it is there, by numerical
/// integration: `mass` holds the weight of the place.
struct Place {
  double sum = 0.0, mass = 0.0;
};

double density(double z) {
  return std::exp(-z * z / 2.0) / std::sqrt(2.0 * std::numbers::pi);
}

double upper_tail(double z) {
  return 0.5 * std::erfc(z / std::numbers::sqrt2);
}

/// Places of Gauss's rule over (-bound, bound), in stretches that the density is smooth over.
std::vector<Place> places_within(double bound) {
  using Rule = math::quadrature::gauss<double, 20>;
  constexpr double kStretch = 4.0;
  const auto stretches = static_cast<int>(std::ceil(2.0 * bound / kStretch));
  const double half = bound / stretches;
  std::vector<Place> places;
  for (int i = 0; i < stretches; ++i) {
    const double middle = -bound + half * (2.0 * i + 1.0);
    for (std::size_t k = 0; k < Rule::abscissa().size(); ++k) {
      for (const double side : {-1.0, 1.0})
        places.push_back({middle + side * half * Rule::abscissa()[k], half * Rule::weights()[k]});
    }
  }
  return places;
}

}  // namespace

// Armitage, McPherson and Rowe, Journal of the Royal Statistical Society A 132 (1969): the sums that no look
// has found are carried from look to look.
double p_over_looks(double p, int looks) {
  if (std::isnan(p) || p <= 0.0 || p >= 1.0 || looks <= 1) return p;
  const double bound = math::quantile(math::complement(math::normal(), p / 2.0));
  double found = p;
  std::vector<Place> before = places_within(bound);
  for (Place& place : before) place.mass *= density(place.sum);
  for (int look = 2; look <= looks; ++look) {
    const double reach = bound * std::sqrt(look);
    for (const Place& place : before)
      found += place.mass * (upper_tail(reach - place.sum) + upper_tail(reach + place.sum));
    if (look == looks) break;
    std::vector<Place> here = places_within(reach);
    for (Place& place : here) {
      double reached = 0.0;
      for (const Place& from : before) reached += from.mass * density(place.sum - from.sum);
      place.mass *= reached;
    }
    before = std::move(here);
  }
  return std::min(1.0, found);
}

double nominal_level(double level, int looks) {
  if (looks <= 1) return level;
  double low = level / looks, high = level;  // Bonferroni's and a single look's
  constexpr int kSteps = 40;
  for (int i = 0; i < kSteps; ++i) {
    const double middle = 0.5 * (low + high);
    (p_over_looks(middle, looks) < level ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double look_confidence(int looks) {
  constexpr double kLevel = 0.05;
  return 1.0 - nominal_level(kLevel, looks);
}

}  // namespace imp::results
