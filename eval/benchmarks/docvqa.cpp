// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/docvqa.h"

#include "eval/benchmarks/json_records.h"
#include "eval/metrics/anls.h"

namespace imp::eval {

std::vector<Question> read_docvqa(const std::filesystem::path& annotations,
                                  const std::filesystem::path& images) {
  JsonStream file(annotations);
  std::vector<Question> questions;
  for_each_record(file, "data", [&](const char* at, const auto& read_members) {
    Question question;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "questionId") question.question_id = file.identifier(value, key);
      if (key == "image" || key == "image_local_name") question.image_id = {file.text(value, key), false};
      if (key == "question") question.question = file.text(value, key);
      if (key == "answers") question.answers = read_texts(file, value, key);
      if (key == "question_types") {
        const std::vector<std::string> types = read_texts(file, value, key);
        if (!types.empty()) question.family = types.front();
      }
    });
    require_key(file, at, !question.question_id.text.empty(), "questionId");
    require_key(file, at, !question.image_id.text.empty(), "image");
    require_key(file, at, !question.question.empty(), "question");
    if (!images.empty()) question.image_path = images / question.image_id.text;
    questions.push_back(std::move(question));
  });
  return questions;
}

double score_docvqa(const Question& question, std::string_view prediction) {
  (void)the_answer(question);
  return anls(prediction, question.answers);
}

}  // namespace imp::eval
