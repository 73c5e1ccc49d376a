// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/faults/tiny_sweep.h"

namespace imp::test {

/// The folders of a sweep's trials that have an outcome, by name.
[[nodiscard]] std::vector<std::filesystem::path> trials_of(const TinySweep& sweep);

/// As results_of, of a sweep of several trials: weights and logs of all its stages, status, scores and
/// answers of its trials.
[[nodiscard]] std::map<std::string, std::string> all_results_of(const TinySweep& sweep);

/// What must hold of a sweep whose last run ended well, whatever happened before: the results are those of
/// `undisturbed`, bit for bit; each trial was done once; no stage is half there, and none is being made; the
/// database is what `imp-sweep rebuild` makes of the run folders, row for row.
void expect_as_if_undisturbed(const TinySweep& sweep, const TinySweep& undisturbed);

/// All rows of a database's views of trials, scores, attempts, answers and costs, as text, sorted.
[[nodiscard]] std::string rows_of(const std::filesystem::path& database);

}  // namespace imp::test
