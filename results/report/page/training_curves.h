// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/report/report_data.h"

namespace imp::results {

/// The loss of one training: a trial's own, or that of a stage which several trials share.
struct LossCurve {
  std::string trial, cell;  ///< the first one's, of a shared stage
  std::size_t trials = 1;   ///< that went through it
  std::vector<std::int64_t> steps;
  std::vector<double> losses;  ///< one a step of `steps`: the mean over the steps since the one before
};

/// The curves of a stage.
struct StageCurves {
  std::string stage;
  std::vector<LossCurve> curves;
  std::size_t cells = 0, all_cells = 0;  ///< whose curves are shown, and that have some
};

/// Of each training stage that the sweep's done trials went through, in order of use: at most `most` curves
/// of at most `points` steps. If there are more, cells are chosen evenly over the plan, the first one among
/// them, each with all its curves (at least one cell). A stage that trials share has one curve.
[[nodiscard]] std::vector<StageCurves> training_curves(Database& database, const ReportData& data,
                                                       std::size_t most, std::size_t points);

}  // namespace imp::results
