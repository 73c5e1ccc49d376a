// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/ocrbench.h"

#include "eval/benchmarks/json_records.h"
#include "eval/benchmarks/part_ids.h"
#include "eval/metrics/ocrbench.h"

namespace imp::eval {

std::vector<Question> read_ocrbench(const std::filesystem::path& annotations,
                                    const std::filesystem::path& images) {
  JsonStream file(annotations);
  std::vector<Question> questions;
  for_each_record(file, [&](const char* at, const auto& read_members) {
    Question question;
    bool has_id = false;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "id") {
        question.question_id = file.identifier(value, key);
        has_id = true;
      }
      if (key == "image_path") question.image_id = {file.text(value, key), false};
      if (key == "question") question.question = file.text(value, key);
      if (key == "answers") question.answers = read_texts(file, value, key);
      if (key == "type") question.family = file.text(value, key);
      if (key == "dataset_name") question.dataset = file.text(value, key);
    });
    require_key(file, at, !question.image_id.text.empty(), "image_path");
    require_key(file, at, !question.question.empty(), "question");
    require_key(file, at, !question.answers.empty(), "answers");
    if (has_id && !question.dataset.empty())
      question.other_id = question.dataset + "/" + question.question_id.text;
    if (!has_id) question.question_id = {std::to_string(questions.size()), true};
    if (!images.empty()) question.image_path = images / question.image_id.text;
    questions.push_back(std::move(question));
  });
  if (ids_repeat(questions)) name_by_place(questions);
  return questions;
}

double score_ocrbench(const Question& question, std::string_view prediction) {
  return ocrbench_score(prediction, question.answers, question.dataset);
}

std::vector<NamedValue> summarise_ocrbench(std::span<const ScoredAnswer> answers) {
  double points = 0.0;
  for (const ScoredAnswer& answer : answers) points += answer.score;
  return {{"points", points}};
}

}  // namespace imp::eval
