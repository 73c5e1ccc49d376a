// SPDX-License-Identifier: Apache-2.0
#include "results/compare/paired_cells.h"

#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "results/effects/answer_scores.h"
#include "results/effects/finite.h"
#include "results/statistics/contrast.h"

namespace imp::results {
namespace {

/// What trials were asked, by id: picture, family, wording and references as one text.
using Asked = std::map<std::string, std::string>;

/// False if trials of one database were asked different questions under one id.
bool add_asked(Database& database, const std::string& benchmark, const std::vector<std::int64_t>& trials,
               Asked& asked) {
  Statement sets(database,
                 "SELECT question_set_id FROM trial_question_set JOIN question_set USING (question_set_id) "
                 "WHERE trial_id = ? AND benchmark = ?");
  Statement questions(
      database,
      "SELECT question_id, json_array(image_id, family, question, references_json) FROM question "
      "WHERE question_set_id = ?");
  std::set<std::int64_t> seen;
  for (const std::int64_t trial : trials) {
    sets.bind_all(trial, benchmark);
    while (sets.step()) {
      if (!seen.insert(sets.integer(0)).second) continue;
      questions.bind_all(sets.integer(0));
      while (questions.step()) {
        const auto [place, fresh] = asked.emplace(questions.text(0), questions.text(1));
        if (!fresh && place->second != questions.text(1)) return false;
      }
    }
  }
  return true;
}

std::vector<std::int64_t> all_trials(const std::vector<CellPair>& cells,
                                     std::vector<std::int64_t> CellPair::*side) {
  std::vector<std::int64_t> trials;
  for (const CellPair& cell : cells) trials.insert(trials.end(), (cell.*side).begin(), (cell.*side).end());
  return trials;
}

PairedDifference difference_of(const ContrastEstimator& estimator, std::size_t cell, std::size_t cells) {
  std::vector<double> weights(2 * cells, 0.0);
  weights[cell] = -1.0;
  weights[cells + cell] = 1.0;
  const ContrastEstimate estimate = estimator.estimate(weights);
  const double half = estimate.half_width();
  return {.mean_a = estimator.mean(cell),
          .mean_b = estimator.mean(cells + cell),
          .difference = estimate.difference,
          .ci_low = if_finite(estimate.difference - half),
          .ci_high = if_finite(estimate.difference + half),
          .p = if_finite(estimate.p())};
}

}  // namespace

std::vector<std::optional<PairedDifference>> paired_differences(Database& a, Database& b,
                                                                const std::string& benchmark,
                                                                std::string_view control,
                                                                const std::vector<CellPair>& cells) {
  std::vector<std::optional<PairedDifference>> found(cells.size());
  if (cells.empty()) return found;
  const std::vector<std::int64_t> of_a = all_trials(cells, &CellPair::in_a);
  const std::vector<std::int64_t> of_b = all_trials(cells, &CellPair::in_b);
  Asked asked;
  if (!add_asked(a, benchmark, of_a, asked) || !add_asked(b, benchmark, of_b, asked)) return found;
  BenchmarkAnswers answers(benchmark);
  answers.add(a, of_a);
  answers.add(b, of_b);
  const std::size_t seeds = cells.front().in_a.size();
  std::vector<std::size_t> answered, places, of_other;  // cells with answers; their trials in a, in b
  for (std::size_t c = 0; c < cells.size(); ++c) {
    bool has_all = true;
    for (std::size_t s = 0; s < seeds; ++s) {
      const std::size_t place = c * seeds + s;
      has_all = has_all && answers.answered(place) > 0 && answers.answered(of_a.size() + place) > 0;
    }
    if (!has_all) continue;
    answered.push_back(c);
    for (std::size_t s = 0; s < seeds; ++s) {
      places.push_back(c * seeds + s);
      of_other.push_back(of_a.size() + c * seeds + s);
    }
  }
  if (answered.empty()) return found;
  places.insert(places.end(), of_other.begin(), of_other.end());
  auto sums =
      picture_sums(answers.common(places, control.empty() ? ScoreKind::score : ScoreKind::control, control),
                   2 * answered.size(), seeds);
  if (!sums) return found;
  const ContrastEstimator estimator({std::move(*sums)});
  for (std::size_t i = 0; i < answered.size(); ++i)
    found[answered[i]] = difference_of(estimator, i, answered.size());
  return found;
}

}  // namespace imp::results
