// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace imp::results {

// Who looks at a difference several times, with more seeds each time, and stops once it is resolved, finds
// one that is not there more often than a single look would. Pocock's plan (Biometrika 64, 1977): every look
// is judged at the same nominal level, so low that the chance of ever finding one is the level that was
// wanted. The intervals of all looks then hold the true value at once with that confidence (repeated
// confidence intervals: Jennison and Turnbull, 1989). Looks are taken as equally spaced and the estimate as
// normal; by t the same nominal level is used (Pocock, 1977). What the looks have in common beside the seeds,
// the questions, makes them more alike than that, so that they find less.

/// The chance that a true difference of 0 shows a two-sided p of `p` or less at one of `looks` looks at
/// least: what p is worth after them. `p` in [0, 1] or not a number, which stays one; `looks` from 1.
[[nodiscard]] double p_over_looks(double p, int looks);

/// The nominal level of each look, two-sided, for which that chance is `level`, in (0, 1).
[[nodiscard]] double nominal_level(double level, int looks);

/// The confidence of each look's interval with which all of them hold the true value at once with 95 %: 0.95
/// for a single look.
[[nodiscard]] double look_confidence(int looks);

}  // namespace imp::results
