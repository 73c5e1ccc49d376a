// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/database.h"

namespace imp::results {

/// A score with its error, as fractions.
struct Measured {
  double value = 0.0;
  std::optional<double> standard_error;   ///< statistics/contrast.h: questions and seeds together
  std::optional<double> ci_low, ci_high;  ///< of the 95 % interval

  [[nodiscard]] std::optional<double> half_width() const {
    return ci_high ? std::optional(*ci_high - value) : std::nullopt;
  }
};

/// A row of table cell_control.
struct ControlScore {
  std::string control;
  Measured score;                  ///< as CellScore's
  std::optional<Measured> margin;  ///< the cell's score - this, paired by question
};

/// A row of table cell_score with those of its controls: a cell on a benchmark, or on one family of its
/// questions, over its done seeds.
struct CellScore {
  std::int64_t cell_number = 0;
  std::string benchmark, family, metric;
  Measured score;                      ///< mean over seeds of the main metric
  std::vector<ControlScore> controls;  ///< in the order of kControls (results/controls.h); may be empty
  std::int64_t seeds = 0;
  std::optional<std::int64_t> questions, pictures;                            ///< that all seeds answered
  std::optional<double> picture_variance, seed_variance, degrees_of_freedom;  ///< of the score
  /// Whether the answers' mean is the score, so that they tell its error. If not (a metric that is no mean
  /// over questions, answers missing), the standard error comes from the trials' own, and there are no
  /// intervals.
  bool from_answers = false;

  /// Null if the cell was not asked so.
  [[nodiscard]] const ControlScore* control(std::string_view name) const;
};

/// The scores of a sweep's cells that have a done trial, by benchmark, cell and family. The spread of seeds
/// is pooled over the cells that have as many seeds and as many answers.
[[nodiscard]] std::vector<CellScore> compute_cell_scores(Database& database, std::int64_t sweep_id);

/// The same as they were kept when the sweep was read in, or, while a sweep goes on, computed.
[[nodiscard]] std::vector<CellScore> load_cell_scores(Database& database, std::int64_t sweep_id);

/// Puts `scores` in place of the sweep's rows of tables cell_score and cell_control. Call it in a
/// transaction.
void replace_cell_scores(Database& database, std::int64_t sweep_id, const std::vector<CellScore>& scores);

}  // namespace imp::results
