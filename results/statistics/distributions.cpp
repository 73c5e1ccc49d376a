// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/distributions.h"

#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace imp::results {
namespace math = boost::math;

double student_t_two_sided_p(double t, double degrees) {
  if (std::isnan(t)) return t;
  if (std::isinf(t)) return 0.0;
  return 2.0 * math::cdf(math::complement(math::students_t(degrees), std::abs(t)));
}

double student_t_quantile(double probability, double degrees) {
  return math::quantile(math::students_t(degrees), probability);
}

double fisher_f_quantile(double probability, double numerator_degrees, double denominator_degrees) {
  return math::quantile(math::fisher_f(numerator_degrees, denominator_degrees), probability);
}

double student_t_power(double noncentrality, double degrees, double alpha) {
  const double critical = student_t_quantile(1.0 - alpha / 2.0, degrees);
  const math::non_central_t shifted(degrees, noncentrality);
  return math::cdf(shifted, -critical) + math::cdf(math::complement(shifted, critical));
}

}  // namespace imp::results
