// SPDX-License-Identifier: Apache-2.0
#include "results/effects/cell_scores.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "results/effects/answer_scores.h"
#include "results/effects/finite.h"
#include "results/effects/sweep_statistics.h"
#include "results/statistics/contrast.h"

namespace imp::results {
namespace {

/// What a trial states of itself on one benchmark.
struct StatedScore {
  std::int64_t trial_id = 0;
  std::string metric;
  double value = 0.0;
  std::optional<double> standard_error, blind;
};

/// The done trials of each cell on one benchmark.
using StatedCells = std::map<std::int64_t, std::vector<StatedScore>>;

/// Cells whose errors are estimated together: each has as many trials, with as many answers in all.
struct CellGroup {
  std::vector<std::size_t> rows;    ///< of the cells among the benchmark's results
  std::vector<std::size_t> trials;  ///< [cells][seeds]: places among the benchmark's answers
};

std::map<std::string, StatedCells> load_stated(Database& database, std::int64_t sweep_id) {
  std::map<std::string, StatedCells> stated;
  Statement statement(
      database,
      "SELECT s.benchmark, cell_number, s.trial_id, s.metric, s.value, s.standard_error, b.value "
      "FROM trial JOIN score AS s USING (trial_id) LEFT JOIN score AS b "
      "ON b.trial_id = s.trial_id AND b.benchmark = s.benchmark AND b.metric = s.metric || '_blind' "
      "WHERE sweep_id = ? AND status = 'done' AND s.main = 1 ORDER BY cell_number, seed");
  statement.bind_all(sweep_id);
  while (statement.step()) {
    stated[statement.text(0)][statement.integer(1)].push_back({statement.integer(2), statement.text(3),
                                                               statement.real(4), statement.maybe_real(5),
                                                               statement.maybe_real(6)});
  }
  return stated;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Seeds answer the same questions, so their own variances are averaged and not divided by the number of
/// seeds.
std::optional<double> error_from_trials(const std::vector<StatedScore>& trials) {
  double variance = 0.0;
  std::vector<double> scores;
  for (const StatedScore& trial : trials) {
    if (!trial.standard_error) return std::nullopt;
    variance += *trial.standard_error * *trial.standard_error / static_cast<double>(trials.size());
    scores.push_back(trial.value);
  }
  if (scores.size() > 1) {
    const double mean = mean_of(scores);
    const auto n = static_cast<double>(scores.size());
    for (const double score : scores) variance += (score - mean) * (score - mean) / (n - 1.0) / n;
  }
  return std::sqrt(variance);
}

/// Means as the trials state them; errors are filled in where the answers tell them.
CellScore stated_score(std::int64_t cell_number, const std::string& benchmark,
                       const std::vector<StatedScore>& trials) {
  std::vector<double> scores, blinds;
  for (const StatedScore& trial : trials) {
    scores.push_back(trial.value);
    if (trial.blind) blinds.push_back(*trial.blind);
  }
  CellScore row{.cell_number = cell_number,
                .benchmark = benchmark,
                .family = "",
                .metric = trials.front().metric,
                .score = {mean_of(scores), error_from_trials(trials), {}, {}},
                .blind = {},
                .margin = {},
                .seeds = static_cast<std::int64_t>(trials.size()),
                .questions = {},
                .pictures = {},
                .picture_variance = {},
                .seed_variance = {},
                .degrees_of_freedom = {}};
  if (blinds.size() != scores.size()) return row;
  row.blind = Measured{mean_of(blinds), {}, {}, {}};
  row.margin = Measured{row.score.value - row.blind->value, {}, {}, {}};
  return row;
}

Measured measured(const ContrastEstimate& estimate) {
  const double half = estimate.half_width();
  return {estimate.difference, if_finite(estimate.standard_error()), if_finite(estimate.difference - half),
          if_finite(estimate.difference + half)};
}

/// The mean of each cell of a group on a family's questions, or on all; none without such questions.
std::vector<ContrastEstimate> cell_means(const AnswerScores& answers, std::size_t cells,
                                         std::optional<std::size_t> family, CellScore& counts) {
  auto sums = picture_sums(answers, cells, answers.scores.size() / cells, family);
  if (!sums) return {};
  counts.questions = static_cast<std::int64_t>(sums->total_questions());
  counts.pictures = static_cast<std::int64_t>(sums->pictures());
  const ContrastEstimator estimator({std::move(*sums)});
  std::vector<ContrastEstimate> means;
  for (std::size_t c = 0; c < cells; ++c) {
    std::vector<double> weights(cells, 0.0);
    weights[c] = 1.0;
    means.push_back(estimator.estimate(weights));
  }
  return means;
}

void set_parts(CellScore& row, const CellScore& counts, const ContrastEstimate& estimate) {
  row.questions = counts.questions;
  row.pictures = counts.pictures;
  row.picture_variance = if_finite(estimate.picture_variance);
  row.seed_variance = if_finite(estimate.seed_variance);
  row.degrees_of_freedom = if_finite(estimate.degrees_of_freedom);
}

/// One group of cells on one benchmark, by the three kinds of scores.
class GroupScores {
 public:
  GroupScores(const BenchmarkAnswers& answers, const CellGroup& group)
      : group_(group),
        score_(answers.common(group.trials, ScoreKind::score)),
        blind_(answers.common(group.trials, ScoreKind::blind)),
        margin_(answers.common(group.trials, ScoreKind::margin)) {}

  /// Puts errors into the results that the answers' mean is: then these questions are what they were made of.
  void add_errors(std::vector<CellScore>& rows) const {
    constexpr double kTolerance = 1e-6;
    const auto fill = [&](const AnswerScores& answers, const auto& stated_of, const auto& filled) {
      CellScore counts;
      const auto means = cell_means(answers, group_.rows.size(), {}, counts);
      for (std::size_t i = 0; i < means.size(); ++i) {
        CellScore& row = rows[group_.rows[i]];
        Measured* stated = stated_of(row);
        if (stated == nullptr || std::abs(means[i].difference - stated->value) > kTolerance) continue;
        const double value = stated->value;
        *stated = measured(means[i]);
        stated->value = value;
        filled(row, counts, means[i]);
      }
    };
    const auto nothing = [](CellScore&, const CellScore&, const ContrastEstimate&) {};
    fill(
        score_, [](CellScore& row) { return &row.score; },
        [](CellScore& row, const CellScore& counts, const ContrastEstimate& estimate) {
          row.from_answers = true;
          set_parts(row, counts, estimate);
        });
    fill(
        blind_, [](CellScore& row) { return row.blind ? &*row.blind : nullptr; }, nothing);
    fill(
        margin_, [](CellScore& row) { return row.margin ? &*row.margin : nullptr; }, nothing);
  }

  /// A row a cell and family, where the benchmark has several.
  void add_families(std::vector<CellScore>& rows) const {
    for (std::size_t f = 0; score_.families.size() > 1 && f < score_.families.size(); ++f) {
      if (!score_.families[f].empty()) add_family(rows, f);
    }
  }

 private:
  void add_family(std::vector<CellScore>& rows, std::size_t family) const {
    const std::size_t cells = group_.rows.size();
    const std::string& name = score_.families[family];
    CellScore counts, unused;
    const auto scores = cell_means(score_, cells, family, counts);
    const auto blinds = cell_means(blind_, cells, place_of(blind_, name), unused);
    const auto margins = cell_means(margin_, cells, place_of(margin_, name), unused);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const CellScore& whole = rows[group_.rows[i]];
      CellScore row = whole;
      row.family = name;
      if (!whole.from_answers) row.metric = "mean of the answers' scores";
      row.score = measured(scores[i]);
      row.blind = blinds.empty() ? std::nullopt : std::optional(measured(blinds[i]));
      row.margin = margins.empty() ? std::nullopt : std::optional(measured(margins[i]));
      row.from_answers = true;
      set_parts(row, counts, scores[i]);
      rows.push_back(std::move(row));
    }
  }

  static std::size_t place_of(const AnswerScores& answers, const std::string& family) {
    const auto& names = answers.families;
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), family) - names.begin());
  }

  const CellGroup& group_;
  AnswerScores score_, blind_, margin_;
};

std::vector<CellScore> benchmark_scores(Database& database, const std::string& benchmark,
                                        const StatedCells& cells) {
  std::vector<CellScore> rows;
  std::vector<std::int64_t> trials;
  for (const auto& [number, stated] : cells) {
    rows.push_back(stated_score(number, benchmark, stated));
    for (const StatedScore& trial : stated) trials.push_back(trial.trial_id);
  }
  const BenchmarkAnswers answers(database, benchmark, trials);
  std::map<std::pair<std::size_t, std::size_t>, CellGroup> groups;  // by trials and answers
  std::size_t row = 0, place = 0;
  for (const auto& [number, stated] : cells) {
    std::size_t answered = 0;
    std::vector<std::size_t> places(stated.size());
    std::iota(places.begin(), places.end(), place);
    for (const std::size_t p : places) answered += answers.answered(p);
    if (answered > 0) {
      CellGroup& group = groups[{stated.size(), answered}];
      group.rows.push_back(row);
      group.trials.insert(group.trials.end(), places.begin(), places.end());
    }
    place += stated.size();
    ++row;
  }
  for (const auto& [key, group] : groups) {
    const GroupScores scores(answers, group);
    scores.add_errors(rows);
    scores.add_families(rows);
  }
  return rows;
}

}  // namespace

std::vector<CellScore> compute_cell_scores(Database& database, std::int64_t sweep_id) {
  std::vector<CellScore> all;
  for (const auto& [benchmark, cells] : load_stated(database, sweep_id)) {
    for (CellScore& row : benchmark_scores(database, benchmark, cells)) all.push_back(std::move(row));
  }
  return all;
}

namespace {

constexpr const char* kColumns =
    "cell_number, benchmark, family, metric, value, standard_error, ci_low, ci_high, blind, "
    "blind_standard_error, blind_ci_low, blind_ci_high, margin, margin_standard_error, margin_ci_low, "
    "margin_ci_high, seeds, n, pictures, picture_variance, seed_variance, degrees_of_freedom, from_answers";

std::optional<Measured> read_measured(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Measured{row.real(column), row.maybe_real(column + 1), row.maybe_real(column + 2),
                  row.maybe_real(column + 3)};
}

}  // namespace

std::vector<CellScore> load_cell_scores(Database& database, std::int64_t sweep_id) {
  if (!has_current_statistics(database, sweep_id)) return compute_cell_scores(database, sweep_id);
  std::vector<CellScore> scores;
  Statement row(database, std::string("SELECT ") + kColumns +
                              " FROM cell_score WHERE sweep_id = ? ORDER BY benchmark, cell_number, family");
  row.bind_all(sweep_id);
  while (row.step()) {
    scores.push_back({.cell_number = row.integer(0),
                      .benchmark = row.text(1),
                      .family = row.text(2),
                      .metric = row.text(3),
                      .score = {row.real(4), row.maybe_real(5), row.maybe_real(6), row.maybe_real(7)},
                      .blind = read_measured(row, 8),
                      .margin = read_measured(row, 12),
                      .seeds = row.integer(16),
                      .questions = row.maybe_integer(17),
                      .pictures = row.maybe_integer(18),
                      .picture_variance = row.maybe_real(19),
                      .seed_variance = row.maybe_real(20),
                      .degrees_of_freedom = row.maybe_real(21),
                      .from_answers = row.integer(22) == 1});
  }
  return scores;
}

void replace_cell_scores(Database& database, std::int64_t sweep_id, const std::vector<CellScore>& scores) {
  Statement(database, "DELETE FROM cell_score WHERE sweep_id = ?").run(sweep_id);
  Statement insert(database, std::string("INSERT INTO cell_score (sweep_id, ") + kColumns +
                                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                 "?, ?, ?)");
  const auto value = [](const std::optional<Measured>& measured, auto member) {
    return measured ? (*measured).*member : std::optional<double>();
  };
  const auto mean = [](const std::optional<Measured>& measured) {
    return measured ? std::optional(measured->value) : std::nullopt;
  };
  constexpr auto kError = &Measured::standard_error;
  constexpr auto kLow = &Measured::ci_low;
  constexpr auto kHigh = &Measured::ci_high;
  for (const CellScore& row : scores) {
    insert.run(sweep_id, row.cell_number, row.benchmark, row.family, row.metric, row.score.value,
               row.score.standard_error, row.score.ci_low, row.score.ci_high, mean(row.blind),
               value(row.blind, kError), value(row.blind, kLow), value(row.blind, kHigh), mean(row.margin),
               value(row.margin, kError), value(row.margin, kLow), value(row.margin, kHigh), row.seeds,
               row.questions, row.pictures, row.picture_variance, row.seed_variance, row.degrees_of_freedom,
               row.from_answers);
  }
}

}  // namespace imp::results
