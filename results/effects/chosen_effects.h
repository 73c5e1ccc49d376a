// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "results/database.h"
#include "results/effects/compared_sweep.h"
#include "results/effects/effect_rows.h"
#include "results/effects/question_sets.h"

namespace imp::results {

/// Effects among some of a sweep's cells alone. Reads the sweep's answers once, when first asked.
class ChosenEffects {
 public:
  ChosenEffects(Database& database, std::int64_t sweep_id);

  using Choice = std::function<bool(const ComparedCell&)>;
  /// How many of the cells that can be compared are chosen.
  [[nodiscard]] std::size_t count(const Choice& is_chosen) const;
  [[nodiscard]] const std::vector<ComparedCell>& cells() const { return sweep_.cells; }

  /// Differences of levels on whole benchmarks and their mean, cells matched among the chosen ones. The
  /// spread of seeds is that of all cells, as for the sweep's own effects. p_holm is empty: it is the
  /// caller's to say over what.
  [[nodiscard]] std::vector<Effect> among(const Choice& is_chosen);

 private:
  Database* database_;
  ComparedSweep sweep_;
  LooksAtSweep looks_;
  std::vector<QuestionSet> questions_;
  bool has_questions_ = false;
};

}  // namespace imp::results
