// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/vqav2.h"

#include "eval/benchmarks/question_index.h"
#include "eval/benchmarks/question_record.h"
#include "eval/metrics/vqa_accuracy.h"
#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

std::filesystem::path annotations_beside(const std::filesystem::path& questions_file) {
  std::string name = python_replace(questions_file.filename().string(), "OpenEnded_", "");
  name = python_replace(name, "_questions", "_annotations");
  return questions_file.parent_path() / name;
}

/// test-dev is a part of test2015, and its pictures are named so.
std::string picture_name(const std::string& subtype, const std::string& image_id) {
  const std::size_t zeros = image_id.size() < 12 ? 12 - image_id.size() : 0;
  return "COCO_" + (subtype == "test-dev2015" ? "test2015" : subtype) + "_" + std::string(zeros, '0') +
         image_id + ".jpg";
}

/// Puts answers and types of the annotations file to the questions; annotations of no question are passed
/// over.
void add_annotations(std::vector<Question>& questions, const std::filesystem::path& path) {
  JsonStream file(path);
  QuestionIndex index(questions);
  for_each_record(file, "annotations", [&](const char* at, const auto& read_members) {
    Identifier id;
    std::vector<std::string> answers;
    std::string answer_type;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "question_id") id = file.identifier(value, key);
      if (key == "answer_type") answer_type = file.text(value, key);
      if (key == "answers") answers = read_answer_objects(file, value);
    });
    require_key(file, at, !id.text.empty(), "question_id");
    require_key(file, at, !answers.empty(), "answers");
    const std::optional<std::size_t> found = index.find(id.text);
    if (!found) return;
    questions[*found].answers = std::move(answers);
    questions[*found].family = std::move(answer_type);
  });
  for (const Question& question : questions)
    if (question.answers.empty())
      throw Error(path.string() + ": no annotation for question " + question.question_id.text +
                  "; the two files must be of one split");
}

}  // namespace

std::vector<Question> read_vqav2(const std::filesystem::path& questions_file,
                                 const std::filesystem::path& images) {
  JsonStream file(questions_file);
  std::string subtype;
  std::vector<Question> questions;
  const auto read_question = [&](const char* at, const auto& read_members) {
    Question question;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      read_question_member(file, key, value, question);
    });
    require_question_members(file, at, question);
    questions.push_back(std::move(question));
  };
  for_each_record(file, "questions", read_question, [&](std::string_view key, std::string_view value) {
    if (key == "data_subtype") subtype = file.taken_text(value, key);
  });
  require_top_key(file, !subtype.empty(), "data_subtype");
  if (!images.empty())
    for (Question& question : questions)
      question.image_path = images / picture_name(subtype, question.image_id.text);
  const std::filesystem::path annotations = annotations_beside(questions_file);
  if (annotations != questions_file && std::filesystem::exists(annotations))
    add_annotations(questions, annotations);
  return questions;
}

double score_vqav2(const Question& question, std::string_view prediction) {
  (void)the_answer(question);
  return vqa_accuracy_lmms_eval_vqav2(prediction, question.answers);
}

}  // namespace imp::eval
