// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/report/effect_list.h"
#include "results/report/page/page_data.h"
#include "results/report/page/training_curves.h"

namespace imp::results {

/// A Vega-Lite chart that holds its data. Scores and differences in it are in points.
struct Chart {
  std::string id;           ///< of the element it is drawn in, distinct in a page
  std::string description;  ///< what it shows, for who does not see it
  std::string spec;         ///< JSON
};

/// Differences with their intervals, each seed's own difference beside.
[[nodiscard]] Chart effect_chart(const std::string& id, EffectRows rows_of,
                                 const std::vector<Effect>& effects,
                                 const std::vector<SeedDifference>& seeds);

/// Score by the levels of a factor whose levels are numbers, a line for each setting of the other factors,
/// intervals as bands.
[[nodiscard]] Chart level_chart(const std::string& id, const std::string& factor,
                                const std::string& benchmark, const std::vector<LevelScore>& scores);

/// Differences to a factor's first level by level, a line for each benchmark, the intervals of the paired
/// differences as bands.
[[nodiscard]] Chart level_difference_chart(const std::string& id, const std::string& factor,
                                           const std::string& first,
                                           const std::vector<LevelDifference>& differences);

/// Cells' scores with intervals on one question family, the control without the picture beside.
[[nodiscard]] Chart family_chart(const std::string& id, const std::string& family,
                                 const std::vector<FamilyScore>& scores);

/// Loss by step, a line a trial, or a line a stage that trials share.
[[nodiscard]] Chart training_chart(const std::string& id, const StageCurves& curves);

/// Score against training time; the cells that no cheaper cell beats are joined.
[[nodiscard]] Chart cost_chart(const std::string& id, const std::string& benchmark,
                               const std::vector<CostScore>& cells);

}  // namespace imp::results
