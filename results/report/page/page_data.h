// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/cell_scores.h"
#include "results/effects/effect_rows.h"
#include "results/report/report_data.h"

namespace imp::results {

// What the page's charts show, read from the kept scores and never from all answers. Scores are fractions.

/// One seed's own difference between two levels, over the matched cells that have it done.
struct SeedDifference {
  std::string factor, from_level, to_level, benchmark;
  std::int64_t seed = 0;
  double difference = 0.0;
};

/// A cell's score at a level of one factor.
struct LevelScore {
  double level = 0.0;
  std::string others;  ///< the levels of the other factors
  double value = 0.0;
  std::optional<double> ci_low, ci_high;
};

/// What a level of a factor differs by from the factor's first one, over matched cells.
struct LevelDifference {
  double level = 0.0;
  std::string benchmark;  ///< "average" for the mean of several
  double difference = 0.0;
  std::optional<double> ci_low, ci_high;  ///< of the paired difference; 0 at the first level itself
};

/// A cell's score on a family of questions.
struct FamilyScore {
  std::string cell, family;
  double value = 0.0;
  std::optional<double> ci_low, ci_high, blind;
  std::optional<std::int64_t> questions;
};

struct CostScore {
  std::string cell;
  double seconds = 0.0;  ///< of a trial, its share of shared stages included
  std::optional<double> trained_parameters;
  double value = 0.0;
  std::optional<double> ci_low, ci_high;
  bool on_front = false;  ///< no cell is as fast and as good, and better in one
};

[[nodiscard]] std::vector<SeedDifference> seed_differences(const ReportData& data);

/// A cell's score on a benchmark; "average": the mean of the sweep's benchmarks, without an interval. Nothing
/// where a benchmark lacks it.
[[nodiscard]] std::optional<Measured> cell_score(const ReportData& data, const std::vector<CellScore>& scores,
                                                 const ReportCell& cell, const std::string& benchmark);

/// Empty unless the factor's levels are all numbers, two or more of them. `benchmark`: as in
/// cell_score.
[[nodiscard]] std::vector<LevelScore> level_scores(const ReportData& data,
                                                   const std::vector<CellScore>& scores, std::size_t factor,
                                                   const std::string& benchmark);

/// From a sweep's effects of levels on whole benchmarks; empty unless the levels are numbers. The first level
/// is that of the sweep file.
[[nodiscard]] std::vector<LevelDifference> level_differences(const std::vector<Effect>& effects,
                                                             const std::string& factor);

[[nodiscard]] std::vector<FamilyScore> family_scores(const ReportData& data,
                                                     const std::vector<CellScore>& scores,
                                                     const std::string& benchmark);

/// Mean of some seconds over a cell's done trials; nothing where one does not say.
[[nodiscard]] std::optional<double> mean_seconds(const ReportCell& cell,
                                                 std::optional<double> ReportTrial::*seconds);

/// Mean seconds of training of a factor's two levels, over the matched cells that have both done.
struct LevelSeconds {
  double from = 0.0, to = 0.0;
};
[[nodiscard]] std::optional<LevelSeconds> level_seconds(const ReportData& data, const std::string& factor,
                                                        const std::string& from, const std::string& to);

[[nodiscard]] std::vector<CostScore> cost_scores(const ReportData& data, const std::vector<CellScore>& scores,
                                                 const std::string& benchmark);

}  // namespace imp::results
