// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/cell_scores.h"
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

/// A cell's score on a family of questions.
struct FamilyScore {
  std::string cell, family;
  double value = 0.0;
  std::optional<double> ci_low, ci_high, blind;
  std::optional<std::int64_t> questions;
};

struct LossStep {
  std::string trial, cell;
  std::int64_t seed = 0, step = 0;
  double loss = 0.0;
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

/// Empty unless the factor's levels are all numbers, two or more of them.
[[nodiscard]] std::vector<LevelScore> level_scores(const ReportData& data,
                                                   const std::vector<CellScore>& scores, std::size_t factor,
                                                   const std::string& benchmark);

[[nodiscard]] std::vector<FamilyScore> family_scores(const ReportData& data,
                                                     const std::vector<CellScore>& scores,
                                                     const std::string& benchmark);

/// Training stages that the sweep's trials went through, in order of use.
[[nodiscard]] std::vector<std::string> trained_stages(Database& database, const std::string& sweep);

/// At most `points` steps a trial, of at most `trials` trials; a trial's loss is averaged between them.
[[nodiscard]] std::vector<LossStep> loss_steps(Database& database, const ReportData& data,
                                               const std::string& stage, std::size_t points,
                                               std::size_t trials);

[[nodiscard]] std::vector<CostScore> cost_scores(Database& database, const ReportData& data,
                                                 const std::vector<CellScore>& scores,
                                                 const std::string& benchmark);

}  // namespace imp::results
