// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace imp::harness {

struct Plan;

/// How sure the sweep will be of the difference of two levels of a factor. Differences are fractions.
struct ExpectedInterval {
  std::string factor, from_level, to_level, benchmark;
  std::size_t groups = 0;  ///< pairs of cells that differ in the factor alone
  std::size_t pictures = 0;
  double half_width = 0.0;                  ///< of the 95 % interval that the report will print
  std::optional<double> with_other_seed;    ///< with one seed: half the width if its spread were known
  double smallest_effect = 0.0;             ///< seen 8 times in 10 by a test at 5 %
  std::optional<std::size_t> seeds_needed;  ///< to see one point so; nothing: more pictures are needed
};

/// Where the noise on a benchmark is known from.
struct ExpectedNoise {
  std::string benchmark;
  std::string sweep;      ///< of the database; empty: assumed
  std::string statement;  ///< in words
  double seed_deviation = 0.0;
};

/// What a plan says of the intervals that its sweep will give.
struct ExpectedIntervals {
  std::vector<ExpectedInterval> intervals = {};
  std::vector<ExpectedNoise> noise = {};
  std::vector<std::string> warnings = {};
};

/// Foretells the intervals of a plan (results/statistics/power.h), from the noise of an earlier sweep in the
/// database that has the same benchmark, or else from an assumption that is named. A database that is absent,
/// locked, newer or not imp's only means that nothing is known.
[[nodiscard]] ExpectedIntervals expected_intervals(const Plan& plan, const std::filesystem::path& database);

}  // namespace imp::harness
