// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/gqa.h"

#include "eval/benchmarks/json_records.h"
#include "eval/metrics/exact_match_gqa.h"

namespace imp::eval {
namespace {

std::string structural_type(const JsonStream& file, simdjson::ondemand::value types) {
  std::string found;
  for (auto field : types.get_object()) {
    const std::string_view key = field.unescaped_key();
    if (key == "structural") found = file.text(field.value(), key);
  }
  return found;
}

}  // namespace

std::vector<Question> read_gqa(const std::filesystem::path& annotations,
                               const std::filesystem::path& images) {
  JsonStream file(annotations);
  std::vector<Question> questions;
  for_each_named_record(file, [&](const std::string& name, const char* at, const auto& read_members) {
    Question question;
    question.question_id = {name, false};
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "imageId") question.image_id = file.identifier(value, key);
      if (key == "question") question.question = file.text(value, key);
      if (key == "answer") question.answers = {file.text(value, key)};
      if (key == "types") question.family = structural_type(file, value);
    });
    require_key(file, at, !question.image_id.text.empty(), "imageId");
    require_key(file, at, !question.question.empty(), "question");
    if (!images.empty()) question.image_path = images / (question.image_id.text + ".jpg");
    questions.push_back(std::move(question));
  });
  return questions;
}

double score_gqa(const Question& question, std::string_view prediction) {
  return exact_match_gqa(prediction, the_answer(question));
}

}  // namespace imp::eval
