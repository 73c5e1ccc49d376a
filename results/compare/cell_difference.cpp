// SPDX-License-Identifier: Apache-2.0
#include "results/compare/cell_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "results/compare/cell_choice.h"
#include "results/effects/answer_scores.h"
#include "results/effects/compared_sweep.h"
#include "results/effects/finite.h"
#include "results/effects/planned_looks.h"
#include "results/effects/question_sets.h"
#include "results/report/display.h"
#include "results/statistics/looks.h"

namespace imp::results {
namespace {

std::vector<std::int64_t> trials_of(const ChosenCell& cell) {
  std::vector<std::int64_t> trials;
  for (const auto& [seed, trial] : cell.trial_of_seed) trials.push_back(trial);
  return trials;
}

/// The benchmarks that trials have scores of, in the order of the first.
std::vector<std::string> benchmarks_of(Database& database, const std::vector<std::int64_t>& trials) {
  std::vector<std::string> names;
  Statement statement(database, "SELECT DISTINCT benchmark FROM score WHERE trial_id = ? AND main = 1");
  for (const std::int64_t trial : trials) {
    statement.bind_all(trial);
    while (statement.step()) {
      if (std::find(names.begin(), names.end(), statement.text(0)) == names.end())
        names.push_back(statement.text(0));
    }
  }
  return names;
}

std::optional<double> mean_score(Database& database, const std::vector<std::int64_t>& trials,
                                 const std::string& benchmark) {
  Statement statement(database, "SELECT value FROM score WHERE trial_id = ? AND benchmark = ? AND main = 1");
  double sum = 0.0;
  std::size_t count = 0;
  for (const std::int64_t trial : trials) {
    if (!statement.bind_all(trial, benchmark).step()) continue;
    sum += statement.real(0);
    ++count;
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

/// The place of a cell in its compared sweep, if all its compared trials are the chosen ones.
std::optional<std::size_t> place_in(const ComparedSweep& sweep, const ChosenCell& cell) {
  const std::vector<std::int64_t> trials = trials_of(cell);
  std::optional<std::size_t> place;
  std::size_t found = 0;
  for (std::size_t t = 0; t < sweep.trials.size(); ++t) {
    if (std::find(trials.begin(), trials.end(), sweep.trials[t]) == trials.end()) continue;
    place = sweep.runs[t] / sweep.seeds.size();
    ++found;
  }
  if (!place || found != sweep.cells[*place].seeds.size()) return std::nullopt;
  return place;
}

/// An estimate and how many looks at it are planned.
struct LookedAt {
  ContrastEstimate estimate;
  int looks = 1;
};

/// The most looks that are planned at a factor in which two cells differ.
int looks_at_cells(Database& database, const ComparedSweep& sweep, std::int64_t sweep_id, std::size_t a,
                   std::size_t b) {
  const std::optional<PlannedLooks> planned = load_planned_looks(database, sweep_id);
  int looks = 1;
  for (std::size_t f = 0; f < sweep.factors.size(); ++f) {
    if (sweep.cells[a].levels[f] != sweep.cells[b].levels[f])
      looks = std::max(looks, looks_at(planned, sweep.factors[f].name));
  }
  return looks;
}

/// Estimates by benchmark, as the sweep's effects are made; none if a cell is no part of what is compared.
std::map<std::string, LookedAt> sweep_estimates(Database& database, const ChosenCell& a,
                                                const ChosenCell& b) {
  std::map<std::string, LookedAt> estimates;
  if (a.sweep_id != b.sweep_id || a.is_trial || b.is_trial) return estimates;
  const ComparedSweep sweep = load_compared_sweep(database, a.sweep_id);
  const auto place_a = place_in(sweep, a);
  const auto place_b = place_in(sweep, b);
  if (!place_a || !place_b || *place_a == *place_b) return estimates;
  if (seeds_in_common(sweep.cells, std::array{*place_a, *place_b}) == 0) return estimates;
  std::vector<double> weights(sweep.cells.size(), 0.0);
  weights[*place_a] = -1.0;
  weights[*place_b] = 1.0;
  const int looks = looks_at_cells(database, sweep, a.sweep_id, *place_a, *place_b);
  for (const QuestionSet& set : load_question_sets(database, sweep)) {
    if (set.family.empty() && !set.is_mean)
      estimates.emplace(set.benchmark, LookedAt{set.estimator.estimate(weights), looks});
  }
  return estimates;
}

/// The estimate over the seeds that both have, or for two trials over their questions alone; none without
/// common questions.
std::optional<ContrastEstimate> pair_estimate(Database& database, const ChosenCell& a, const ChosenCell& b,
                                              const std::string& benchmark) {
  std::vector<std::int64_t> of_a;
  std::vector<std::int64_t> of_b;
  if (a.is_trial || b.is_trial) {
    if (a.trial_of_seed.size() != 1 || b.trial_of_seed.size() != 1) return std::nullopt;
    of_a = trials_of(a);
    of_b = trials_of(b);
  }
  for (const auto& [seed, trial] : a.trial_of_seed) {
    const auto other = b.trial_of_seed.find(seed);
    if (a.is_trial || b.is_trial || other == b.trial_of_seed.end()) continue;
    of_a.push_back(trial);
    of_b.push_back(other->second);
  }
  if (of_a.empty()) return std::nullopt;
  const std::size_t seeds = of_a.size();
  of_a.insert(of_a.end(), of_b.begin(), of_b.end());
  const AnswerScores answers = load_answer_scores(database, benchmark, of_a);
  auto sums = picture_sums(answers, 2, seeds);
  if (!sums) return std::nullopt;
  return ContrastEstimator({std::move(*sums)}).estimate(std::vector{-1.0, 1.0});
}

void set_estimate(DifferenceRow& row, const ContrastEstimate& estimate, int looks) {
  const double half = estimate.half_width(look_confidence(looks));
  row.difference = estimate.difference;
  row.ci_low = if_finite(estimate.difference - half);
  row.ci_high = if_finite(estimate.difference + half);
  row.p = if_finite(p_over_looks(estimate.p(), looks));
}

/// Whether a score differs beyond chance; where there is no interval, whether it differs at all or cannot be
/// told.
bool differs(const DifferenceRow& row) {
  if (row.ci_low && row.ci_high) return excludes_zero(row.ci_low, row.ci_high);
  return !row.difference || !row.is_paired || *row.difference != 0.0;
}

void add_score_rows(Database& database, const ChosenCell& a, const ChosenCell& b,
                    std::vector<DifferenceRow>& rows) {
  const auto of_sweep = sweep_estimates(database, a, b);
  std::vector<std::int64_t> trials = trials_of(a);
  for (const std::int64_t trial : trials_of(b)) trials.push_back(trial);
  for (const std::string& benchmark : benchmarks_of(database, trials)) {
    DifferenceRow row;
    row.kind = "score";
    row.what = benchmark;
    row.value_a = mean_score(database, trials_of(a), benchmark);
    row.value_b = mean_score(database, trials_of(b), benchmark);
    row.a = percent(row.value_a);
    row.b = percent(row.value_b);
    if (const auto estimate = of_sweep.find(benchmark); estimate != of_sweep.end()) {
      set_estimate(row, estimate->second.estimate, estimate->second.looks);
    } else if (const auto pair = pair_estimate(database, a, b, benchmark)) {
      set_estimate(row, *pair, 1);
    } else if (row.value_a && row.value_b) {
      row.difference = *row.value_b - *row.value_a;
      row.is_paired = false;
    }
    rows.push_back(std::move(row));
  }
}

}  // namespace

std::map<std::string, std::string> circumstances_of(Database& database,
                                                    const std::vector<std::int64_t>& trials) {
  std::map<std::string, std::set<std::string>> values;
  Statement machine(
      database,
      "SELECT imp_version, git_commit, torch_version, compiler, host, os, cpu, gpu, threads, dtype FROM "
      "provenance WHERE trial_id = ?");
  Statement stages(database,
                   "SELECT t.kind, s.version FROM trial_stage AS t JOIN stage AS s USING (kind, key) WHERE "
                   "t.trial_id = ?");
  for (const std::int64_t trial : trials) {
    machine.bind_all(trial);
    while (machine.step()) {
      for (int i = 0; i < machine.column_count(); ++i) values[machine.column_name(i)].insert(machine.text(i));
    }
    stages.bind_all(trial);
    while (stages.step()) values["version of stage " + stages.text(0)].insert(stages.text(1));
  }
  std::map<std::string, std::string> joined;
  for (const auto& [name, texts] : values) joined[name] = fmt::format("{}", fmt::join(texts, ", "));
  return joined;
}

Differences cell_differences(Database& database, const std::string& name_a, const std::string& name_b,
                             const std::string& sweep) {
  const ChosenCell a = choose_cell(database, name_a, sweep);
  const ChosenCell b = choose_cell(database, name_b, sweep);
  std::vector<DifferenceRow> rows;
  add_differing_keys(rows, "configuration", a.settings, b.settings);
  add_differing_keys(rows, "machine", circumstances_of(database, trials_of(a)),
                     circumstances_of(database, trials_of(b)));
  const std::size_t before_scores = rows.size();
  add_score_rows(database, a, b, rows);
  Differences result;
  result.scores_differ =
      before_scores == rows.size() ||
      std::any_of(rows.begin() + static_cast<std::ptrdiff_t>(before_scores), rows.end(), differs);
  result.table = difference_table("A, " + a.name + "; B, " + b.name, "A", "B", rows);
  if (before_scores == rows.size())
    result.table.notes.emplace_back("no benchmark has a score: nothing to compare");
  if (before_scores == 0) result.table.notes.emplace_back("configuration, machine and code are the same");
  const bool one_seed = a.trial_of_seed.size() == 1 || b.trial_of_seed.size() == 1;
  if (one_seed)
    result.table.notes.emplace_back("one seed: the intervals are of these checkpoints, not of the recipe");
  result.table.footnotes.emplace_back(
      "Scores: means over seeds, in points, the difference with its 95 % interval over questions and seeds.");
  return result;
}

}  // namespace imp::results
