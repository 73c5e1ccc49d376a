// SPDX-License-Identifier: Apache-2.0
#include "results/effects/answer_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace imp::results {
namespace {

struct Row {
  std::string question_id, picture, family;
  double score = 0.0;
};

constexpr const char* kScores =
    "SELECT question_id, image_id, family, score FROM answer "
    "WHERE trial_id = ? AND benchmark = ? AND blind = ? ORDER BY question_id";
constexpr const char* kMargins =
    "SELECT a.question_id, a.image_id, a.family, a.score - b.score FROM answer AS a JOIN answer AS b "
    "ON b.trial_id = a.trial_id AND b.benchmark = a.benchmark AND b.blind = 1 AND b.question_id = "
    "a.question_id "
    "WHERE a.trial_id = ? AND a.benchmark = ? AND a.blind = 0 ORDER BY a.question_id";

/// The scored questions of one trial, in order of their ids.
std::vector<Row> load_rows(Statement& statement, const std::string& benchmark, std::int64_t trial,
                           ScoreKind kind) {
  kind == ScoreKind::margin ? statement.bind_all(trial, benchmark)
                            : statement.bind_all(trial, benchmark, kind == ScoreKind::blind);
  std::vector<Row> rows;
  while (statement.step()) {
    const double score = statement.real(3);
    if (std::isfinite(score))
      rows.push_back({statement.text(0), statement.text(1), statement.text(2), score});
  }
  statement.reset();
  return rows;
}

/// Numbers names in order of first use.
class Numbering {
 public:
  std::size_t of(const std::string& name) { return numbers_.emplace(name, numbers_.size()).first->second; }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
};

}  // namespace

double AnswerScores::question_deviation(std::optional<std::size_t> family) const {
  double squares = 0.0;
  std::size_t count = 0;
  for (const std::vector<double>& trial : scores) {
    double sum = 0.0, sum_of_squares = 0.0;
    count = 0;
    for (std::size_t q = 0; q < trial.size(); ++q) {
      if (family && questions[q].family != *family) continue;
      sum += trial[q];
      sum_of_squares += trial[q] * trial[q];
      ++count;
    }
    squares += sum_of_squares - (count > 0 ? sum * sum / static_cast<double>(count) : 0.0);
  }
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  return std::sqrt(std::max(0.0, squares) / static_cast<double>(scores.size()) /
                   static_cast<double>(count - 1));
}

AnswerScores load_answer_scores(Database& database, const std::string& benchmark,
                                std::span<const std::int64_t> trials, ScoreKind kind) {
  Statement statement(database, kind == ScoreKind::margin ? kMargins : kScores);
  std::vector<Row> first;
  std::vector<std::vector<double>> all;  // [trials][questions of the first trial]
  std::vector<std::size_t> trials_with;  // [questions of the first trial]
  std::unordered_set<std::string> unknown_to_first;
  for (const std::int64_t trial : trials) {
    std::vector<Row> rows = load_rows(statement, benchmark, trial, kind);
    if (all.empty()) {
      first = rows;
      trials_with.assign(first.size(), 0);
    }
    std::vector<double>& scores = all.emplace_back(first.size(), 0.0);
    std::size_t place = 0;
    for (const Row& row : rows) {
      while (place < first.size() && first[place].question_id < row.question_id) ++place;
      if (place == first.size() || first[place].question_id != row.question_id) {
        unknown_to_first.insert(row.question_id);
        continue;
      }
      scores[place] = row.score;
      ++trials_with[place];
    }
  }
  AnswerScores answers;
  answers.left_out = unknown_to_first.size();
  answers.scores.resize(all.size());
  Numbering pictures, families;
  for (std::size_t q = 0; q < first.size(); ++q) {
    if (trials_with[q] != trials.size()) {
      ++answers.left_out;
      continue;
    }
    const std::size_t family = families.of(first[q].family);
    if (family == answers.families.size()) answers.families.push_back(first[q].family);
    answers.questions.push_back({pictures.of(first[q].picture), family});
    for (std::size_t t = 0; t < all.size(); ++t) answers.scores[t].push_back(all[t][q]);
  }
  return answers;
}

std::optional<PictureSums> picture_sums(const AnswerScores& answers, std::size_t cells, std::size_t seeds,
                                        std::optional<std::size_t> family) {
  constexpr std::size_t kUnused = static_cast<std::size_t>(-1);
  std::vector<std::size_t> place;  // of a picture among those with a question of the family
  std::vector<double> counts;
  for (const AnswerScores::Question& question : answers.questions) {
    if (family && question.family != *family) continue;
    if (question.picture >= place.size()) place.resize(question.picture + 1, kUnused);
    if (place[question.picture] == kUnused) {
      place[question.picture] = counts.size();
      counts.push_back(0.0);
    }
    counts[place[question.picture]] += 1.0;
  }
  if (counts.empty()) return std::nullopt;
  PictureSums sums(cells, seeds, std::move(counts));
  for (std::size_t t = 0; t < answers.scores.size(); ++t) {
    for (std::size_t q = 0; q < answers.questions.size(); ++q) {
      const AnswerScores::Question& question = answers.questions[q];
      if (family && question.family != *family) continue;
      sums.at(t / seeds, t % seeds, place[question.picture]) += answers.scores[t][q];
    }
  }
  return sums;
}

}  // namespace imp::results
