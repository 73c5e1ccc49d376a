// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "results/database.h"

namespace imp::results {

/// Makes the rows of table `effect` of a sweep anew from its done trials' answers: every comparison of two
/// levels of a factor and every interaction (effects/comparison.h), on each benchmark, each of its question
/// families (family '' holds all questions) and, of several benchmarks, on their mean (benchmark 'average'),
/// by the estimator of statistics/contrast.h. p_holm is over all comparisons of the sweep of the same sort:
/// levels on whole benchmarks; levels on families; interactions. Fewer than two comparable cells give no
/// rows. Call it in a transaction.
void refresh_effects(Database& database, std::int64_t sweep_id);

}  // namespace imp::results
