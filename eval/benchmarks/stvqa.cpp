// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/stvqa.h"

#include "eval/benchmarks/json_records.h"
#include "eval/benchmarks/part_ids.h"
#include "eval/metrics/stvqa.h"

namespace imp::eval {

std::vector<Question> read_stvqa(const std::filesystem::path& annotations,
                                 const std::filesystem::path& images) {
  JsonStream file(annotations);
  std::vector<Question> questions;
  for_each_record(file, "data", [&](const char* at, const auto& read_members) {
    Question question;
    std::string path, name;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "question_id") question.question_id = file.identifier(value, key);
      if (key == "file_path") path = file.text(value, key);
      if (key == "file_name") name = file.text(value, key);
      if (key == "dataset") question.family = file.text(value, key);
      if (key == "question") question.question = file.text(value, key);
      if (key == "answers") question.answers = read_texts(file, value, key);
    });
    require_key(file, at, !question.question_id.text.empty(), "question_id");
    require_key(file, at, !path.empty() || !name.empty(), "file_path");
    require_key(file, at, !question.question.empty(), "question");
    if (path.empty()) path = question.family.empty() ? name : question.family + "/" + name;
    question.image_id = {path, false};
    if (!images.empty()) question.image_path = images / path;
    questions.push_back(std::move(question));
  });
  if (ids_repeat(questions)) name_by_family(questions);
  return questions;
}

std::vector<NamedValue> summarise_stvqa(std::span<const ScoredAnswer> answers) {
  double similarity = 0.0, accuracy = 0.0;
  for (const ScoredAnswer& answer : answers) {
    similarity += stvqa_anls_m4c(answer.prediction, answer.question->answers);
    accuracy += stvqa_accuracy_m4c(answer.prediction, answer.question->answers);
  }
  const auto count = static_cast<double>(answers.size());
  return {{"m4c_anls", similarity / count}, {"m4c_accuracy", accuracy / count}};
}

}  // namespace imp::eval
