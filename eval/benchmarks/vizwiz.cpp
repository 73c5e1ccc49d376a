// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/vizwiz.h"

#include "eval/benchmarks/json_records.h"
#include "eval/metrics/vqa_accuracy.h"

namespace imp::eval {

std::vector<Question> read_vizwiz(const std::filesystem::path& annotations,
                                  const std::filesystem::path& images) {
  JsonStream file(annotations);
  std::vector<Question> questions;
  for_each_record(file, [&](const char* at, const auto& read_members) {
    Question question;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "image") question.image_id = {file.text(value, key), false};
      if (key == "question") question.question = file.text(value, key);
      if (key == "answer_type") question.family = file.text(value, key);
      if (key == "answers") question.answers = read_answer_objects(file, value);
    });
    require_key(file, at, !question.image_id.text.empty(), "image");
    require_key(file, at, !question.question.empty(), "question");
    question.question_id = question.image_id;
    if (!images.empty()) question.image_path = images / question.image_id.text;
    questions.push_back(std::move(question));
  });
  return questions;
}

double score_vizwiz(const Question& question, std::string_view prediction) {
  (void)the_answer(question);
  return vqa_accuracy_lmms_eval_vqav2(prediction, question.answers);
}

double score_vizwiz_lmms_eval(const Question& question, std::string_view prediction) {
  (void)the_answer(question);
  return vqa_accuracy_lmms_eval_textvqa(prediction, question.answers);
}

}  // namespace imp::eval
