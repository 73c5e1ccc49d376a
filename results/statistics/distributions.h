// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace imp::results {

// Student's t and Fisher's F, by Boost.Math. Degrees of freedom need not be whole numbers; all must be above
// 0.

/// P(|T| >= |t|); not a number if `t` is not one.
[[nodiscard]] double student_t_two_sided_p(double t, double degrees);

/// The t with P(T <= t) = probability; probability in (0, 1).
[[nodiscard]] double student_t_quantile(double probability, double degrees);

/// The x with P(F <= x) = probability; probability in (0, 1).
[[nodiscard]] double fisher_f_quantile(double probability, double numerator_degrees,
                                       double denominator_degrees);

/// The chance that a two-sided test at level `alpha` sees an effect whose true size is `noncentrality`
/// standard errors: noncentral t, both tails.
[[nodiscard]] double student_t_power(double noncentrality, double degrees, double alpha);

}  // namespace imp::results
