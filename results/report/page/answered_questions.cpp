// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/answered_questions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace imp::results {
namespace {

constexpr std::size_t kCandidates = 300;

struct Candidate {
  std::int64_t key = 0;
  AnsweredQuestion question;
};

std::vector<std::string> texts_of(const std::string& references_json) {
  std::vector<std::string> texts;
  const nlohmann::json references = nlohmann::json::parse(references_json, nullptr, false);
  if (!references.is_array()) return texts;
  for (const nlohmann::json& reference : references) {
    std::string text = reference.is_string() ? reference.get<std::string>() : reference.dump();
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
  }
  return texts;
}

/// Questions of the benchmark's set that most trials were asked; the multiplier spreads them over the set.
std::vector<Candidate> candidates(Database& database, const ReportData& data, const std::string& benchmark) {
  Statement statement(
      database,
      "WITH asked AS (SELECT question_set_id FROM question_set JOIN trial_question_set USING "
      "(question_set_id) "
      "WHERE sweep_id = ?1 AND benchmark = ?2 GROUP BY question_set_id ORDER BY count(*) DESC LIMIT 1), "
      "chosen AS (SELECT question_key, q.question_set_id, q.question_id, q.image_id, family, question, "
      "references_json FROM question AS q JOIN asked USING (question_set_id) "
      "ORDER BY NOT EXISTS (SELECT 1 FROM picture AS p WHERE p.sweep_id = ?1 AND p.benchmark = ?2 AND "
      "p.image_id = "
      "q.image_id), question_key * 2654435761 % 4294967296 LIMIT ?3) "
      "SELECT c.question_key, c.question_id, c.image_id, c.family, c.question, c.references_json, p.jpeg "
      "FROM chosen AS c LEFT JOIN picture AS p ON p.question_set_id = c.question_set_id AND p.sweep_id = ?1 "
      "AND "
      "p.benchmark = ?2 AND p.image_id = c.image_id ORDER BY c.question_key");
  statement.bind_all(data.sweep_id, benchmark, static_cast<std::int64_t>(kCandidates));
  std::vector<Candidate> found;
  while (statement.step()) {
    found.push_back({statement.integer(0),
                     {.benchmark = benchmark,
                      .question_id = statement.text(1),
                      .image_id = statement.text(2),
                      .family = statement.text(3),
                      .question = statement.text(4),
                      .references = texts_of(statement.text(5)),
                      .jpeg = statement.is_null(6) ? "" : statement.blob(6),
                      .answers = {}}});
  }
  return found;
}

/// False if a done trial did not answer it.
bool add_answers(Statement& answer, const ReportData& data, Candidate& candidate) {
  for (const ReportCell& cell : data.cells) {
    CellAnswer of_cell{cell.number, cell.label, {}, 0.0};
    for (const ReportTrial* trial : cell.done()) {
      if (!answer.bind_all(trial->trial_id, candidate.key).step() || answer.is_null(1)) return false;
      of_cell.predictions.push_back(answer.text(0));
      of_cell.score += answer.real(1);
    }
    if (of_cell.predictions.empty()) continue;
    of_cell.score /= static_cast<double>(of_cell.predictions.size());
    candidate.question.answers.push_back(std::move(of_cell));
  }
  return !candidate.question.answers.empty();
}

double spread(const AnsweredQuestion& question) {
  const auto [low, high] =
      std::minmax_element(question.answers.begin(), question.answers.end(),
                          [](const CellAnswer& a, const CellAnswer& b) { return a.score < b.score; });
  return high->score - low->score;
}

}  // namespace

std::vector<AnsweredQuestion> answered_questions(Database& database, const ReportData& data,
                                                 const std::string& benchmark, std::size_t count) {
  constexpr double kDisagreement = 0.5;
  Statement answer(
      database,
      "SELECT prediction, score FROM answer WHERE trial_id = ? AND question_key = ? AND control = ''");
  std::vector<AnsweredQuestion> questions;
  for (Candidate& candidate : candidates(database, data, benchmark)) {
    if (!add_answers(answer, data, candidate)) continue;
    candidate.question.cells_disagree = spread(candidate.question) >= kDisagreement;
    questions.push_back(std::move(candidate.question));
  }
  std::stable_sort(
      questions.begin(), questions.end(),
      [](const AnsweredQuestion& a, const AnsweredQuestion& b) { return spread(a) > spread(b); });
  if (questions.size() > count) questions.resize(count);
  return questions;
}

}  // namespace imp::results
