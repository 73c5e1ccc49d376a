// SPDX-License-Identifier: Apache-2.0
#include "results/effects/chosen_effects.h"

#include <algorithm>
#include <utility>

namespace imp::results {

ChosenEffects::ChosenEffects(Database& database, std::int64_t sweep_id)
    : database_(&database), sweep_(load_compared_sweep(database, sweep_id)), looks_(database, sweep_id) {}

std::size_t ChosenEffects::count(const Choice& is_chosen) const {
  return static_cast<std::size_t>(std::count_if(sweep_.cells.begin(), sweep_.cells.end(), is_chosen));
}

std::vector<Effect> ChosenEffects::among(const Choice& is_chosen) {
  std::vector<Effect> effects;
  if (!sweep_.is_comparable()) return effects;
  if (!std::exchange(has_questions_, true)) questions_ = load_question_sets(*database_, sweep_);
  std::vector<ComparedCell> chosen;
  std::vector<std::size_t> places;
  for (std::size_t c = 0; c < sweep_.cells.size(); ++c) {
    if (!is_chosen(sweep_.cells[c])) continue;
    chosen.push_back(sweep_.cells[c]);
    places.push_back(c);
  }
  for (Comparison& comparison : level_comparisons(sweep_.factors, chosen)) {
    std::vector<double> weights(sweep_.cells.size(), 0.0);
    std::vector<std::size_t> group_of(sweep_.cells.size(), 0);
    for (std::size_t i = 0; i < places.size(); ++i) {
      weights[places[i]] = comparison.weights[i];
      group_of[places[i]] = comparison.group_of[i];
    }
    comparison.weights = std::move(weights);
    comparison.group_of = std::move(group_of);
    for (const QuestionSet& set : questions_) {
      if (set.family.empty())
        effects.push_back(effect_of(sweep_, comparison, set,
                                    set.estimator.estimate(comparison.weights, comparison.group_of), looks_));
    }
  }
  return effects;
}

}  // namespace imp::results
