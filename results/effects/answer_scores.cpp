// SPDX-License-Identifier: Apache-2.0
#include "results/effects/answer_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace imp::results {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

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

namespace {

/// Where a question of the database stands among those of all trials.
using PlaceOfKey = std::unordered_map<std::int64_t, std::size_t>;

/// Smallest and largest key of a trial's questions of a benchmark; between them others may lie.
struct KeyRange {
  std::int64_t first = 0, last = -1;
};

}  // namespace

void BenchmarkAnswers::add(Database& database, std::span<const std::int64_t> trials) {
  Statement sets(database,
                 "SELECT question_set_id FROM trial_question_set JOIN question_set USING (question_set_id) "
                 "WHERE trial_id = ? AND benchmark = ? ORDER BY question_set_id");
  Statement asked(
      database,
      "SELECT question_key, question_id, image_id, family FROM question WHERE question_set_id = ? "
      "ORDER BY question_key");
  Statement answers(database,
                    "SELECT question_key, control, score FROM answer "
                    "WHERE trial_id = ? AND question_key BETWEEN ? AND ?");
  std::unordered_map<std::int64_t, KeyRange> known_sets;
  PlaceOfKey place_of_key;
  const auto read_set = [&](std::int64_t set) {
    KeyRange range;
    asked.bind_all(set);
    while (asked.step()) {
      const std::int64_t key = asked.integer(0);
      if (range.last < range.first) range.first = key;
      range.last = key;
      const auto [found, fresh] = place_of_id_.emplace(asked.text(1), questions_.size());
      if (fresh) questions_.push_back({asked.text(2), asked.text(3)});
      place_of_key[key] = found->second;
    }
    asked.reset();
    return range;
  };
  for (const std::int64_t id : trials) {
    KeyRange keys;
    sets.bind_all(id, benchmark_);
    while (sets.step()) {
      const std::int64_t set = sets.integer(0);
      const auto known = known_sets.find(set);
      const KeyRange range = known != known_sets.end() ? known->second : (known_sets[set] = read_set(set));
      if (range.last < range.first) continue;
      keys = keys.last < keys.first
                 ? range
                 : KeyRange{std::min(keys.first, range.first), std::max(keys.last, range.last)};
    }
    sets.reset();
    Trial& trial = trials_.emplace_back();
    trial.scores.assign(questions_.size(), kAbsent);
    answers.bind_all(id, keys.first, keys.last);
    while (answers.step()) {
      const auto place = place_of_key.find(answers.integer(0));
      if (place == place_of_key.end()) continue;  // of another benchmark
      const std::string control = answers.text(1);
      std::vector<double>& scores = control.empty() ? trial.scores : trial.controls[control];
      if (scores.empty()) scores.assign(questions_.size(), kAbsent);
      scores[place->second] = answers.real(2);
    }
    answers.reset();
  }
}

std::vector<double> BenchmarkAnswers::values(const Trial& trial, ScoreKind kind,
                                             std::string_view control) const {
  std::vector<double> found = trial.scores;
  if (kind != ScoreKind::score) {
    const auto asked = trial.controls.find(control);
    std::vector<double> others = asked == trial.controls.end() ? std::vector<double>() : asked->second;
    others.resize(trial.scores.size(), kAbsent);
    for (std::size_t q = 0; q < found.size(); ++q)
      found[q] = kind == ScoreKind::margin ? found[q] - others[q] : others[q];
  }
  found.resize(questions_.size(), kAbsent);  // of sets that no trial before had
  return found;
}

std::size_t BenchmarkAnswers::answered(std::size_t place) const {
  const std::vector<double>& scores = trials_[place].scores;
  return static_cast<std::size_t>(
      std::count_if(scores.begin(), scores.end(), [](double score) { return !std::isnan(score); }));
}

AnswerScores BenchmarkAnswers::common(std::span<const std::size_t> places, ScoreKind kind,
                                      std::string_view control) const {
  AnswerScores answers;
  answers.scores.resize(places.size());
  std::vector<std::vector<double>> scores;  // [trials][questions]
  scores.reserve(places.size());
  for (const std::size_t place : places) scores.push_back(values(trials_[place], kind, control));
  Numbering pictures, families;
  for (std::size_t q = 0; q < questions_.size(); ++q) {
    const auto with = static_cast<std::size_t>(
        std::count_if(scores.begin(), scores.end(),
                      [&](const std::vector<double>& trial) { return !std::isnan(trial[q]); }));
    if (with != places.size()) {
      if (with > 0) ++answers.left_out;
      continue;
    }
    const std::size_t family = families.of(questions_[q].family);
    if (family == answers.families.size()) answers.families.push_back(questions_[q].family);
    answers.questions.push_back({pictures.of(questions_[q].picture), family});
    for (std::size_t i = 0; i < places.size(); ++i) answers.scores[i].push_back(scores[i][q]);
  }
  return answers;
}

AnswerScores load_answer_scores(Database& database, const std::string& benchmark,
                                std::span<const std::int64_t> trials) {
  std::vector<std::size_t> all(trials.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return BenchmarkAnswers(database, benchmark, trials).common(all, ScoreKind::score);
}

std::optional<PictureSums> picture_sums(const AnswerScores& answers, std::size_t cells, std::size_t seeds,
                                        std::optional<std::size_t> family,
                                        std::span<const std::size_t> runs) {
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
  std::vector<char> is_there(cells * seeds, 0);
  for (std::size_t t = 0; t < answers.scores.size(); ++t) {
    const std::size_t run = runs.empty() ? t : runs[t];
    is_there[run] = 1;
    for (std::size_t q = 0; q < answers.questions.size(); ++q) {
      const AnswerScores::Question& question = answers.questions[q];
      if (family && question.family != *family) continue;
      sums.at(run / seeds, run % seeds, place[question.picture]) += answers.scores[t][q];
    }
  }
  for (std::size_t run = 0; run < is_there.size(); ++run) {
    if (is_there[run] == 0) sums.leave_out(run / seeds, run % seeds);
  }
  return sums;
}

}  // namespace imp::results
