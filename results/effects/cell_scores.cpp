// SPDX-License-Identifier: Apache-2.0
#include "results/effects/cell_scores.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "results/controls.h"
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
  std::optional<double> standard_error;
  std::map<std::string, double, std::less<>> controls;  ///< by control: the same metric
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
  Statement statement(database,
                      "SELECT s.benchmark, cell_number, s.trial_id, s.metric, s.value, s.standard_error "
                      "FROM trial JOIN score AS s USING (trial_id) "
                      "WHERE sweep_id = ? AND status = 'done' AND s.main = 1 ORDER BY cell_number, seed");
  Statement others(database,
                   "SELECT metric, value FROM score WHERE trial_id = ? AND benchmark = ? AND main = 0");
  statement.bind_all(sweep_id);
  while (statement.step()) {
    StatedScore score{
        statement.integer(2), statement.text(3), statement.real(4), statement.maybe_real(5), {}};
    others.bind_all(score.trial_id, statement.text(0));
    while (others.step()) {
      const auto [metric, control] = split_control(others.text(0), '_');
      if (metric == score.metric && !control.empty()) score.controls[control] = others.real(1);
    }
    others.reset();
    stated[statement.text(0)][statement.integer(1)].push_back(std::move(score));
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
  std::vector<double> scores;
  for (const StatedScore& trial : trials) scores.push_back(trial.value);
  CellScore row{.cell_number = cell_number,
                .benchmark = benchmark,
                .family = "",
                .metric = trials.front().metric,
                .score = {mean_of(scores), error_from_trials(trials), {}, {}},
                .controls = {},
                .seeds = static_cast<std::int64_t>(trials.size()),
                .questions = {},
                .pictures = {},
                .picture_variance = {},
                .seed_variance = {},
                .degrees_of_freedom = {}};
  for (const std::string_view control : kControls) {
    std::vector<double> others;
    for (const StatedScore& trial : trials) {
      const auto stated = trial.controls.find(control);
      if (stated != trial.controls.end()) others.push_back(stated->second);
    }
    if (others.size() != scores.size()) continue;
    const double other = mean_of(others);
    row.controls.push_back(
        {std::string(control), {other, {}, {}, {}}, Measured{row.score.value - other, {}, {}, {}}});
  }
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

/// A group's answers to one control.
struct ControlAnswers {
  std::string name;
  AnswerScores score, margin;
};

/// Those that the group's trials answered a common question of.
std::vector<ControlAnswers> control_answers(const BenchmarkAnswers& answers, const CellGroup& group) {
  std::vector<ControlAnswers> controls;
  for (const std::string_view name : kControls) {
    AnswerScores score = answers.common(group.trials, ScoreKind::control, name);
    if (score.questions.empty()) continue;
    controls.push_back(
        {std::string(name), std::move(score), answers.common(group.trials, ScoreKind::margin, name)});
  }
  return controls;
}

/// One group of cells on one benchmark, with the pictures and by control.
class GroupScores {
 public:
  GroupScores(const BenchmarkAnswers& answers, const CellGroup& group)
      : group_(group),
        score_(answers.common(group.trials, ScoreKind::score)),
        controls_(control_answers(answers, group)) {}

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
    for (const ControlAnswers& control : controls_) {
      fill(
          control.score,
          [&](CellScore& row) {
            ControlScore* stated = find_control(row, control.name);
            return stated == nullptr ? nullptr : &stated->score;
          },
          nothing);
      fill(
          control.margin,
          [&](CellScore& row) {
            ControlScore* stated = find_control(row, control.name);
            return stated == nullptr || !stated->margin ? nullptr : &*stated->margin;
          },
          nothing);
    }
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
    CellScore counts;
    const auto scores = cell_means(score_, cells, family, counts);
    const std::size_t first = rows.size();
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const CellScore& whole = rows[group_.rows[i]];
      CellScore row = whole;
      row.family = name;
      if (!whole.from_answers) row.metric = "mean of the answers' scores";
      row.score = measured(scores[i]);
      row.controls.clear();
      row.from_answers = true;
      set_parts(row, counts, scores[i]);
      rows.push_back(std::move(row));
    }
    for (const ControlAnswers& control : controls_) {
      CellScore unused;
      const auto others = cell_means(control.score, cells, place_of(control.score, name), unused);
      const auto margins = cell_means(control.margin, cells, place_of(control.margin, name), unused);
      for (std::size_t i = 0; i < others.size() && first + i < rows.size(); ++i)
        rows[first + i].controls.push_back(
            {control.name, measured(others[i]),
             margins.empty() ? std::nullopt : std::optional(measured(margins[i]))});
    }
  }

  static ControlScore* find_control(CellScore& row, const std::string& name) {
    const auto found = std::find_if(row.controls.begin(), row.controls.end(),
                                    [&](const ControlScore& control) { return control.control == name; });
    return found == row.controls.end() ? nullptr : &*found;
  }

  static std::size_t place_of(const AnswerScores& answers, const std::string& family) {
    const auto& names = answers.families;
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), family) - names.begin());
  }

  const CellGroup& group_;
  AnswerScores score_;
  std::vector<ControlAnswers> controls_;
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
    "cell_number, benchmark, family, metric, value, standard_error, ci_low, ci_high, seeds, n, pictures, "
    "picture_variance, seed_variance, degrees_of_freedom, from_answers";

constexpr const char* kControlColumns =
    "cell_number, benchmark, family, control, value, standard_error, ci_low, ci_high, margin, "
    "margin_standard_error, margin_ci_low, margin_ci_high";

Measured read_measured(const Statement& row, int column) {
  return {row.real(column), row.maybe_real(column + 1), row.maybe_real(column + 2),
          row.maybe_real(column + 3)};
}

/// A cell on a benchmark or on one of its families.
using RowKey = std::tuple<std::int64_t, std::string, std::string>;

std::map<RowKey, std::vector<ControlScore>> load_controls(Database& database, std::int64_t sweep_id) {
  std::map<RowKey, std::vector<ControlScore>> controls;
  Statement row(database, std::string("SELECT ") + kControlColumns + " FROM cell_control WHERE sweep_id = ?");
  row.bind_all(sweep_id);
  while (row.step()) {
    controls[{row.integer(0), row.text(1), row.text(2)}].push_back(
        {row.text(3), read_measured(row, 4),
         row.is_null(8) ? std::nullopt : std::optional(read_measured(row, 8))});
  }
  const auto place = [](const ControlScore& score) {
    return std::find(kControls.begin(), kControls.end(), score.control);
  };
  for (auto& [key, scores] : controls)
    std::sort(scores.begin(), scores.end(),
              [&](const ControlScore& a, const ControlScore& b) { return place(a) < place(b); });
  return controls;
}

}  // namespace

const ControlScore* CellScore::control(std::string_view name) const {
  const auto found = std::find_if(controls.begin(), controls.end(),
                                  [&](const ControlScore& row) { return row.control == name; });
  return found == controls.end() ? nullptr : &*found;
}

std::vector<CellScore> load_cell_scores(Database& database, std::int64_t sweep_id) {
  if (!has_current_statistics(database, sweep_id)) return compute_cell_scores(database, sweep_id);
  auto controls = load_controls(database, sweep_id);
  std::vector<CellScore> scores;
  Statement row(database, std::string("SELECT ") + kColumns +
                              " FROM cell_score WHERE sweep_id = ? ORDER BY benchmark, cell_number, family");
  row.bind_all(sweep_id);
  while (row.step()) {
    scores.push_back({.cell_number = row.integer(0),
                      .benchmark = row.text(1),
                      .family = row.text(2),
                      .metric = row.text(3),
                      .score = read_measured(row, 4),
                      .controls = std::move(controls[{row.integer(0), row.text(1), row.text(2)}]),
                      .seeds = row.integer(8),
                      .questions = row.maybe_integer(9),
                      .pictures = row.maybe_integer(10),
                      .picture_variance = row.maybe_real(11),
                      .seed_variance = row.maybe_real(12),
                      .degrees_of_freedom = row.maybe_real(13),
                      .from_answers = row.integer(14) == 1});
  }
  return scores;
}

void replace_cell_scores(Database& database, std::int64_t sweep_id, const std::vector<CellScore>& scores) {
  Statement(database, "DELETE FROM cell_score WHERE sweep_id = ?").run(sweep_id);
  Statement(database, "DELETE FROM cell_control WHERE sweep_id = ?").run(sweep_id);
  Statement insert(database, std::string("INSERT INTO cell_score (sweep_id, ") + kColumns +
                                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement insert_control(database, std::string("INSERT INTO cell_control (sweep_id, ") + kControlColumns +
                                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const CellScore& row : scores) {
    insert.run(sweep_id, row.cell_number, row.benchmark, row.family, row.metric, row.score.value,
               row.score.standard_error, row.score.ci_low, row.score.ci_high, row.seeds, row.questions,
               row.pictures, row.picture_variance, row.seed_variance, row.degrees_of_freedom,
               row.from_answers);
    for (const ControlScore& control : row.controls) {
      const Measured margin = control.margin.value_or(Measured{});
      insert_control.run(sweep_id, row.cell_number, row.benchmark, row.family, control.control,
                         control.score.value, control.score.standard_error, control.score.ci_low,
                         control.score.ci_high, control.margin ? std::optional(margin.value) : std::nullopt,
                         margin.standard_error, margin.ci_low, margin.ci_high);
    }
  }
}

}  // namespace imp::results
