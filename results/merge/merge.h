// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "results/database.h"

namespace imp::results {

/// What a merge did, trial by trial.
struct MergeReport {
  std::size_t sweeps = 0;              ///< in the merged database
  std::size_t from_b = 0;              ///< trials taken over from B
  std::size_t same = 0;                ///< done in both, with the same stages, scores and answers: kept once
  std::vector<std::string> conflicts;  ///< a line each: what could not be one sweep, and where B's is kept
};

/// Makes a database of what `a` and `b` hold. Sweeps of one name become one sweep: its trials are told apart
/// by name, the same trial from two machines is kept once, one that only one side has done is taken from
/// there with both sides' attempts, and cells are numbered anew. Where that cannot be (other factors,
/// benchmarks or planned looks; a trial of that name with another configuration, other stages or other
/// results) B's sweep is kept whole under another name and told as a conflict. Scores of cells, effects,
/// claims and views are then made anew. Written aside, then put in place whole. Throws StoreError: an input
/// that is no results database, damaged, locked or of a newer schema; `out` exists, or is an input.
MergeReport merge_databases(const std::filesystem::path& a, const std::filesystem::path& b,
                            const std::filesystem::path& out, std::chrono::milliseconds patience = kPatience);

}  // namespace imp::results
