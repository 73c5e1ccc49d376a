// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/database.h"
#include "results/effects/cell_scores.h"
#include "results/report/effect_list.h"
#include "results/report/page/page_data.h"
#include "results/report/report_data.h"
#include "results/unfinished.h"

namespace imp::results {

/// What the sections of a page are made from.
struct PageSource {
  Database& database;
  ReportData data;
  std::vector<CellScore> scores;
  std::vector<Effect> effects;  ///< all of the sweep's
  OpenTrials trials;
};

/// The effects of one sort, in the sweep file's order.
[[nodiscard]] std::vector<Effect> effects_of(const PageSource& source, EffectRows rows);

// Each returns the content of a section as HTML, without its heading; empty where there is nothing to show.

/// What the effects say in a few cards.
[[nodiscard]] std::string findings_section(PageSource& source);
/// What became of the claims that the sweep's file registered, and whether they were written down first.
[[nodiscard]] std::string claims_section(PageSource& source);
[[nodiscard]] std::string scores_section(PageSource& source);
[[nodiscard]] std::string effects_section(PageSource& source);
[[nodiscard]] std::string interactions_section(PageSource& source);
[[nodiscard]] std::string levels_section(PageSource& source);
[[nodiscard]] std::string families_section(PageSource& source);
[[nodiscard]] std::string cost_section(PageSource& source);
[[nodiscard]] std::string training_section(PageSource& source);
[[nodiscard]] std::string questions_section(PageSource& source);
[[nodiscard]] std::string failures_section(PageSource& source);
[[nodiscard]] std::string provenance_section(PageSource& source);
[[nodiscard]] std::string reading_section();

}  // namespace imp::results
