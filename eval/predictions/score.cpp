// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/score.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "eval/benchmarks/question_index.h"
#include "eval/metrics/clustered_standard_error.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

/// Scores the first answer to each question; fills in `report.scores` and `report.problems`.
std::vector<ScoredAnswer> score_each(const Benchmark& benchmark, std::span<const Prediction> predictions,
                                     ScoreReport& report) {
  const BenchmarkFormat& format = find_benchmark_format(benchmark.name);
  QuestionIndex index(benchmark.questions);
  std::vector<bool> answered(benchmark.questions.size(), false);
  std::vector<ScoredAnswer> answers;
  answers.reserve(predictions.size());
  report.scores.resize(predictions.size());
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const Prediction& prediction = predictions[i];
    const std::optional<std::size_t> found = index.find(prediction.question_id.text);
    if (!found) {
      report.problems.unknown.push_back(prediction.question_id.text);
    } else if (answered[*found]) {
      report.problems.duplicate.push_back(prediction.question_id.text);
    } else {
      answered[*found] = true;
      if (prediction.text.empty())
        (prediction.answer_tokens ? report.problems.empty : report.problems.unsaid)
            .push_back(prediction.question_id.text);
      const Question& question = benchmark.questions[*found];
      answers.push_back({&question, prediction.text, format.score(question, prediction.text)});
      report.scores[i] = answers.back().score;
    }
  }
  for (std::size_t i = 0; i < answered.size(); ++i)
    if (!answered[i]) report.problems.missing.push_back(benchmark.questions[i].question_id.text);
  return answers;
}

void summarise_mean(std::span<const ScoredAnswer> answers, ScoreReport& report) {
  std::vector<double> scores;
  std::vector<std::string_view> pictures;
  scores.reserve(answers.size());
  pictures.reserve(answers.size());
  for (const ScoredAnswer& answer : answers) {
    scores.push_back(answer.score);
    pictures.push_back(answer.question->image_id.text);
  }
  report.n = scores.size();
  report.mean = std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(report.n);
  const std::vector<std::size_t> clusters = number_clusters(pictures);
  report.standard_error = clustered_standard_error(scores, clusters);
  report.images = *std::max_element(clusters.begin(), clusters.end()) + 1;
}

NamedValue lmms_eval_mean(std::span<const ScoredAnswer> answers, const BenchmarkFormat& format) {
  double sum = 0.0;
  for (const ScoredAnswer& answer : answers)
    sum += format.lmms_eval_score(*answer.question, answer.prediction);
  return {"lmms_eval_accuracy", sum / static_cast<double>(answers.size())};
}

std::vector<FamilyScore> family_scores(std::span<const ScoredAnswer> answers) {
  std::map<std::string_view, FamilyScore> families;
  for (const ScoredAnswer& answer : answers) {
    if (answer.question->family.empty()) continue;
    FamilyScore& family = families[answer.question->family];
    family.mean += answer.score;
    ++family.n;
  }
  std::vector<FamilyScore> out;
  for (auto& [name, family] : families) {
    family.family = std::string(name);
    family.mean /= static_cast<double>(family.n);
    out.push_back(std::move(family));
  }
  return out;
}

/// Adds "questions without an answer: 4 (5, 6, 7, ...)", or nothing if there is none.
void add_problem(std::string& message, const std::vector<std::string>& ids, const std::string& what) {
  constexpr std::size_t kNamed = 3;
  if (ids.empty()) return;
  if (!message.empty()) message += ", ";
  message += what + ": " + std::to_string(ids.size()) + " (";
  for (std::size_t i = 0; i < std::min(kNamed, ids.size()); ++i) message += (i == 0 ? "" : ", ") + ids[i];
  message += ids.size() > kNamed ? ", ...)" : ")";
}

}  // namespace

ScoreReport score_predictions(const Benchmark& benchmark, std::span<const Prediction> predictions) {
  const BenchmarkFormat& format = find_benchmark_format(benchmark.name);
  ScoreReport report;
  report.metric = std::string(format.metric);
  const std::vector<ScoredAnswer> answers = score_each(benchmark, predictions, report);
  if (answers.empty())
    throw Error(benchmark.name + ": none of " + std::to_string(predictions.size()) +
                " predictions answers a question of the benchmark's " +
                std::to_string(benchmark.questions.size()) + "; do the two files belong together?");
  summarise_mean(answers, report);
  report.families = family_scores(answers);
  if (format.lmms_eval_score != nullptr) report.further.push_back(lmms_eval_mean(answers, format));
  if (format.summarise != nullptr)
    for (NamedValue& value : format.summarise(answers)) report.further.push_back(std::move(value));
  return report;
}

std::string describe(const PredictionProblems& problems) {
  std::string message;
  add_problem(message, problems.missing, "questions without an answer");
  add_problem(message, problems.duplicate, "repeated answers");
  add_problem(message, problems.unknown, "answers to unknown questions");
  add_problem(message, problems.unsaid, "empty answers without answer_tokens");
  add_problem(message, problems.empty, "empty answers");
  return message;
}

void require_complete(const PredictionProblems& problems, const std::string& where) {
  PredictionProblems grave = problems;
  grave.empty.clear();
  const std::string message = describe(grave);
  if (!message.empty())
    throw Error(where + ": " + message + "; answer every question once, or pass --partial");
}

}  // namespace imp::eval
